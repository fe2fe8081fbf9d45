import { ActionIcon, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { exportConfig } from '../../api/config';
import { download } from '../../ui/download';
import { announce } from '../../ui/LiveRegion';

/** The whole fleet as a file that another Hangar can be started with. */
export function ExportFile() {
  const [failed, setFailed] = useState('');
  const take = async (secrets: 'mask' | 'variables') => {
    setFailed('');
    try {
      const { yaml } = await exportConfig(secrets);
      download('hangar.yaml', yaml, 'application/yaml');
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      setFailed(why);
      announce(`The configuration could not be exported: ${why}`);
    }
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon
          size={32}
          aria-label="Export the configuration"
          title={failed === '' ? 'Export the configuration' : failed}
          data-failed={failed === '' ? undefined : true}
        >
          <IconDownload size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>hangar.yaml, secrets</Menu.Label>
        <Menu.Item onClick={() => void take('mask')}>masked</Menu.Item>
        <Menu.Item onClick={() => void take('variables')}>as variables to set</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
