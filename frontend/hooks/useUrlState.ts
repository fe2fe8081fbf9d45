import { useNavigate, useRouter, useSearch } from '@tanstack/react-router';
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
  const router = useRouter();
  const set = useCallback(
    (patch: Record<string, string>, options: { push?: boolean } = {}) => {
      // Someone is leaving already: what a page had still to write must not follow them to the next one.
      const { location, matches } = router.state;
      if (location.pathname !== matches.at(-1)?.pathname) return;
      void navigate({
        to: '.',
        search: (before: UrlState) => ({ ...before, ...patch }),
        replace: !options.push,
      });
    },
    [navigate, router],
  );
  return [search, set];
}
