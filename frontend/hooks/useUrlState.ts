import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

export type UrlState = Readonly<Record<string, string | undefined>>;

/**
 * The view's state in the address, so that it can be linked and survives a reload. Empty values leave the URL.
 * Typing replaces the history entry; choosing a tab or a selection adds one (push).
 */
export function useUrlState(): [
  UrlState,
  (patch: Record<string, string>, options?: { push?: boolean }) => void,
] {
  const search: UrlState = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = useCallback(
    (patch: Record<string, string>, options: { push?: boolean } = {}) => {
      void navigate({
        to: '.',
        search: (before: UrlState) => ({ ...before, ...patch }),
        replace: !options.push,
      });
    },
    [navigate],
  );
  return [search, set];
}
