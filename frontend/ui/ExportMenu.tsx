import { ActionIcon, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { download } from './download';
import { plural } from './format';
import { fileName, toCsv, toNdjson, type Field } from './table';

type Props<Row> = {
  /** What the rows are, in a file name: providers. */
  what: string;
  /** Exactly what the filter leaves, in its order. */
  rows: readonly Row[];
  fields: readonly Field<Row>[];
};

export function ExportMenu<Row>({ what, rows, fields }: Props<Row>) {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon size={32} aria-label={`Export ${what}`} title={`Export ${what}`}>
          <IconDownload size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{plural(rows.length, 'row')} as filtered</Menu.Label>
        <Menu.Item
          onClick={() => {
            download(fileName(what, 'csv'), toCsv(rows, fields), 'text/csv');
          }}
        >
          CSV
        </Menu.Item>
        <Menu.Item
          onClick={() => {
            download(fileName(what, 'ndjson'), toNdjson(rows, fields), 'application/x-ndjson');
          }}
        >
          NDJSON
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
