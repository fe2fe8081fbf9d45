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

/** Why whoever looks may not do what takes these permissions, as a sentence; undefined when they may. */
export function useDenial(needs: readonly string[]): string | undefined {
  const missing = useLacking()(needs);
  return missing.length === 0 ? undefined : `Not for you: ${reasonOf(missing)}`;
}

/** As it stands behind "Stop: not now,". */
const reasonOf = (missing: readonly string[]): string =>
  `you lack the permission ${missing.map((one) => one.replace(/:\*$/, '')).join(' and ')}`;
