import { useCallback, useMemo, useState } from 'react';
import type { FleetProvider } from '../../store/reduce';
import type { ListView } from './list';
import {
  filterKey,
  matching,
  nothing,
  range,
  toggle,
  toggleAll,
  under,
  type Filter,
} from './selection';

export const filterOf = ({ text, states, faults, ...others }: ListView): Filter => {
  const narrowed = [others.modes, others.groups, others.sources];
  return {
    text,
    states,
    faults,
    here: narrowed.some((one) => one.length > 0) ? JSON.stringify(narrowed) : '',
  };
};

/** The marks of the list, and what sets them. */
export function useMarks(rows: readonly FleetProvider[], view: ListView) {
  const key = filterKey(filterOf(view));
  const [kept, setKept] = useState(() => nothing(key));
  const selection = useMemo(() => under(kept, key), [kept, key]);
  const ids = useMemo(() => rows.map((one) => one.provider), [rows]);
  const onMark = useCallback(
    (id: string, ranged: boolean) => {
      setKept((before) => (ranged ? range : toggle)(under(before, key), id, ids));
    },
    [key, ids],
  );
  const onMarkAll = useCallback(() => {
    setKept((before) => toggleAll(under(before, key), ids));
  }, [key, ids]);
  return {
    selection,
    ids,
    onMark,
    onMarkAll,
    onAll: () => {
      setKept(matching(nothing(key)));
    },
    onClear: () => {
      setKept(nothing(key));
    },
  };
}
