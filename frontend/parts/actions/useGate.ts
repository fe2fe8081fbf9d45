import { useCallback } from 'react';
import { useLacking } from '../../hooks/useMay';
import type { Action } from './action';

/** The action as whoever looks may have it: what they may not do is blocked, and says by which permission. */
export function useGate(): (action: Action) => Action {
  const lacks = useLacking();
  return useCallback(
    (action) => {
      const missing = lacks(action.needs);
      return missing.length === 0 ? action : { ...action, blocked: reasonOf(missing) };
    },
    [lacks],
  );
}

/** As it stands behind "Stop: not now,". */
export const reasonOf = (missing: readonly string[]): string =>
  `you lack the permission ${missing.map((one) => one.replace(/:\*$/, '')).join(' and ')}`;
