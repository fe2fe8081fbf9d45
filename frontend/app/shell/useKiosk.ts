import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useKeys } from '../../hooks/useKeys';
import { useNavPages } from '../usePages';

/**
 * `?kiosk=1` is the page for a wall: no navigation, larger. `?kiosk=30` also goes on to the next page that is made for
 * walls every 30 seconds. Escape leaves it.
 */
export function useKiosk(): boolean {
  const search: Record<string, string | undefined> = useSearch({ strict: false });
  const navigate = useNavigate();
  const pages = useNavPages();
  const kiosk = search.kiosk ?? '';
  const everyS = Number(kiosk);
  useKeys([
    {
      keys: 'Escape',
      label: 'Leave kiosk mode',
      group: 'Anywhere',
      run: () => {
        if (kiosk !== '') {
          void navigate({ to: '.', search: (before: object) => ({ ...before, kiosk: '' }) });
        }
      },
    },
  ]);
  useEffect(() => {
    if (!(everyS >= 5)) return;
    const rotates = pages.filter((page) => page.kiosk).map((page) => page.path);
    const timer = setInterval(() => {
      const here = rotates.findIndex((path) => location.pathname.endsWith(path) && path !== '/');
      const next = rotates[(here + 1) % rotates.length] ?? '/';
      void navigate({ to: next, search: { kiosk } });
    }, everyS * 1_000);
    return () => {
      clearInterval(timer);
    };
  }, [everyS, kiosk, navigate, pages]);
  return kiosk !== '';
}
