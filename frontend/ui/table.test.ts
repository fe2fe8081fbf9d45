import { describe, expect, it } from 'vitest';
import { fileName, toCsv, toNdjson, type Field } from './table';

type Row = { name: string; calls: number; at: string | null };
const fields: Field<Row>[] = [
  { name: 'name', value: (row) => row.name },
  { name: 'calls', value: (row) => row.calls },
  { name: 'at', value: (row) => row.at },
];
const rows: Row[] = [
  { name: 'plain', calls: 2, at: null },
  { name: 'a "b", c\nd', calls: -1, at: '=1+1' },
];

describe('rows as a file', () => {
  it('are CSV that quotes what needs it and cannot be a formula', () => {
    expect(toCsv(rows, fields)).toBe('name,calls,at\r\nplain,2,\r\n"a ""b"", c\nd",-1,\'=1+1\r\n');
  });

  it('are NDJSON that keeps numbers and nothings', () => {
    expect(toNdjson(rows, fields).split('\n')).toEqual([
      '{"name":"plain","calls":2,"at":null}',
      '{"name":"a \\"b\\", c\\nd","calls":-1,"at":"=1+1"}',
      '',
    ]);
  });

  it('have a name that sorts by time and fits every file system', () => {
    expect(fileName('tools', 'csv', new Date('2026-11-20T16:05:33Z'))).toBe(
      'tools_2026-11-20T16-05Z.csv',
    );
  });
});
