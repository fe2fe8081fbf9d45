import { useEffect, useRef, useSyncExternalStore } from 'react';
import { bind, bindings, onBindings, type Binding } from '../store/keyboard';

/**
 * Binds keys while the component is mounted. The functions may be new at each render; the keys, words and groups stay
 * as they were at the first.
 */
export function useKeys(wanted: readonly Binding[]) {
  const newest = useRef(wanted);
  useEffect(() => {
    newest.current = wanted;
  });
  useEffect(
    () =>
      bind(
        newest.current.map((binding, i) => ({
          ...binding,
          run: () => {
            newest.current[i]?.run();
          },
        })),
      ),
    [],
  );
}

/** Everything that keys do on this page, for the sheet that lists them. */
export const useBindings = (): readonly Binding[] => useSyncExternalStore(onBindings, bindings);
