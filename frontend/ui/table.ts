/** Rows as files that other programs read. */

export type Field<Row> = {
  /** Header of the CSV column and key of the NDJSON member. */
  name: string;
  value: (row: Row) => string | number | boolean | null;
};

/** RFC 4180, with a header. A cell that a spreadsheet would take for a formula gets a ' in front. */
export function toCsv<Row>(rows: readonly Row[], fields: readonly Field<Row>[]): string {
  const lines = [fields.map(({ name }) => name), ...rows.map((row) => cells(row, fields))];
  return lines.map((line) => line.map(cell).join(',') + '\r\n').join('');
}

const cells = <Row>(row: Row, fields: readonly Field<Row>[]) =>
  fields.map(({ value }) => {
    const found = value(row);
    if (typeof found !== 'string') return found === null ? '' : String(found);
    return /^[=+\-@\t\r]/.test(found) ? `'${found}` : found;
  });

const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** One JSON object a line, types kept. */
export function toNdjson<Row>(rows: readonly Row[], fields: readonly Field<Row>[]): string {
  return rows
    .map(
      (row) =>
        JSON.stringify(Object.fromEntries(fields.map(({ name, value }) => [name, value(row)]))) +
        '\n',
    )
    .join('');
}

/** providers_2026-11-20T16-05Z.csv */
export function fileName(what: string, ending: string, now = new Date()): string {
  return `${what}_${now.toISOString().slice(0, 16).replace(':', '-')}Z.${ending}`;
}
