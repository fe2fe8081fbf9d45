import { ActionIcon, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { download } from './download';
import { plural } from './format';
import { announce } from './LiveRegion';
import { fileName, toCsv, toNdjson, type Field } from './table';

type Props<Row> = {
  /** What the rows are, in a file name: providers. */
  what: string;
  /** Exactly what the filter leaves, in its order. */
  rows: readonly Row[];
  fields: readonly Field<Row>[];
  /** Where the page holds only the newest of them: all that the filter leaves. */
  all?: () => Promise<readonly Row[]>;
  /** The same as lines for people, where that is how it is read. */
  asText?: () => string;
};

const kinds = {
  CSV: { ending: 'csv', type: 'text/csv', write: toCsv },
  NDJSON: { ending: 'ndjson', type: 'application/x-ndjson', write: toNdjson },
} as const;

export function ExportMenu<Row>({ what, rows, fields, all, asText }: Props<Row>) {
  const [busy, setBusy] = useState(false);
  const save = async (kind: keyof typeof kinds) => {
    const { ending, type, write } = kinds[kind];
    setBusy(true);
    try {
      const found = all ? await all() : rows;
      download(fileName(what, ending), write(found, fields), type);
      announce(`${plural(found.length, 'row')} exported`);
    } catch {
      announce(`The ${what} could not be exported`);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon size={32} loading={busy} aria-label={`Export ${what}`} title={`Export ${what}`}>
          <IconDownload size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {all ? 'All that the filter leaves' : `${plural(rows.length, 'row')} as filtered`}
        </Menu.Label>
        {asText ? (
          <Menu.Item
            onClick={() => {
              download(fileName(what, 'log'), asText());
            }}
          >
            Text
          </Menu.Item>
        ) : null}
        {(['CSV', 'NDJSON'] as const).map((kind) => (
          <Menu.Item key={kind} onClick={() => void save(kind)}>
            {kind}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
