import { useCallback, useMemo } from 'react';
import { useUrlState, type UrlState } from './useUrlState';

export type Order<Key extends string> = { key: Key; descending: boolean };

/** What a list can be sorted by; the first goes without saying. */
export type SortKeys<Key extends string> = readonly [Key, ...Key[]];

/** The order in the address: `sort=-calls`. */
export function parseOrder<Key extends string>(url: UrlState, sortKeys: SortKeys<Key>): Order<Key> {
  const text = url.sort ?? '';
  const key = sortKeys.find((one) => one === text.replace(/^-/, ''));
  return {
    key: key ?? sortKeys[0],
    descending: key !== undefined && text.startsWith('-'),
  };
}

/** What a list shows, held by the address: text, order, and whatever else its page keeps there. */
export function useListView<Key extends string>(sortKeys: SortKeys<Key>) {
  const [url, setUrl] = useUrlState();
  const order = useMemo(() => parseOrder(url, sortKeys), [url, sortKeys]);
  const onSort = useCallback(
    (key: Key) => {
      const flip = order.key === key && !order.descending;
      setUrl({ sort: key === sortKeys[0] && !flip ? '' : `${flip ? '-' : ''}${key}` });
    },
    [order, setUrl, sortKeys],
  );
  const onText = useCallback(
    (q: string) => {
      setUrl({ q });
    },
    [setUrl],
  );
  return { url, setUrl, text: url.q ?? '', order, onSort, onText };
}

const collator = new Intl.Collator('en', { numeric: true });

/** Names as people sort them: p2 before p10. */
export const byText = (a: string, b: string): number => collator.compare(a, b);
