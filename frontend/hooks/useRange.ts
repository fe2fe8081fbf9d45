import { useCallback, useMemo } from 'react';
import { lastPatch, parseRange, type RangePatch } from './range';
import { useUrlState } from './useUrlState';

export { ranges, type RangeKey } from './range';

/** The range in the address: relative, so that a shared link means the same tomorrow, or between two moments. */
export function useRange() {
  const [url, setUrl] = useUrlState();
  const range = useMemo(
    () => parseRange({ range: url.range, from: url.from, to: url.to }),
    [url.range, url.from, url.to],
  );
  const change = useCallback(
    (patch: RangePatch) => {
      setUrl(patch, { push: true });
    },
    [setUrl],
  );
  const setRange = useCallback(
    (key: string) => {
      change(lastPatch(key));
    },
    [change],
  );
  return { range, setRange, change };
}
