type Row = { what: string; kb: number; limit: number };
export function measureDist(dist: string): Promise<Row[]>;
export function tooLarge(rows: readonly Row[]): Row[];
export function table(rows: readonly Row[]): string;
