import { useMemo } from 'react';
import { useUrlState } from './useUrlState';

/** How far back a page looks; the first that fits goes without saying. */
export const ranges = [
  { key: '15m', minutes: 15, label: 'last 15 min' },
  { key: '1h', minutes: 60, label: 'last hour' },
  { key: '6h', minutes: 360, label: 'last 6 h' },
  { key: '24h', minutes: 1_440, label: 'last 24 h' },
  { key: '7d', minutes: 10_080, label: 'last 7 d' },
  { key: '30d', minutes: 43_200, label: 'last 30 d' },
] as const;

export type RangeKey = (typeof ranges)[number]['key'];

const usual = '1h';

/** The range in the address, relative, so that a shared link means the same tomorrow. */
export function useRange() {
  const [url, setUrl] = useUrlState();
  const range = useMemo(
    () =>
      ranges.find(({ key }) => key === url.range) ??
      ranges.find(({ key }) => key === usual) ??
      ranges[0],
    [url.range],
  );
  const setRange = (key: string) => {
    setUrl({ range: key === usual ? '' : key, from: '', to: '' }, { push: true });
  };
  return { range, setRange };
}
