import { useKeys } from '../../hooks/useKeys';
import type { Action } from './action';
import { useTrigger } from './useTrigger';

/**
 * The keys of actions, for whatever is in focus. The sheet names them before there is a focus, so the words are given.
 *
 * @param names key to words: `{ s: 'Start' }`
 * @param actionsNow the actions of what is in focus at that moment
 */
export function useActionKeys(
  group: string,
  names: Readonly<Record<string, string>>,
  actionsNow: () => readonly Action[],
) {
  const trigger = useTrigger();
  useKeys(
    Object.entries(names).map(([key, label]) => ({
      keys: key,
      label,
      group,
      run: () => {
        const action = actionsNow().find((one) => one.key === key);
        if (action) trigger(action);
      },
    })),
  );
}

/** The key of the table row that holds the focus. */
export function focusedRow(): string | null {
  const row = document.activeElement?.closest<HTMLElement>('[data-row]');
  return row?.dataset.row ?? null;
}
