import { ActionIcon, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { exportConfig } from '../../api/config';
import type { Backup } from '../../api/types';
import { download } from '../../ui/download';
import { announce } from '../../ui/LiveRegion';

type Props = {
  /** The fleet of that backup; without, that of now. */
  backup?: Backup;
};

/** The whole fleet as a file that another Hangar can be started with. */
export function ExportFile({ backup }: Props) {
  const name = backup ? `hangar-${backup.backup_id}.yaml` : 'hangar.yaml';
  const label = backup ? 'Download the backup' : 'Export the configuration';
  const [failed, setFailed] = useState('');
  const take = async (secrets: 'mask' | 'variables') => {
    setFailed('');
    try {
      const { yaml } = await exportConfig(secrets, backup?.backup_id ?? '');
      download(name, yaml, 'application/yaml');
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      setFailed(why);
      announce(`${name} could not be made: ${why}`);
    }
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon
          size={32}
          aria-label={label}
          title={failed === '' ? label : failed}
          data-failed={failed === '' ? undefined : true}
        >
          <IconDownload size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{name}, secrets</Menu.Label>
        <Menu.Item onClick={() => void take('mask')}>masked</Menu.Item>
        <Menu.Item onClick={() => void take('variables')}>as variables to set</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
