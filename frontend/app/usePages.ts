import { useMemo } from 'react';
import { useLacking } from '../hooks/useMay';
import { pages, type Page } from './pages';

export type NavPage = Page & { nav: NonNullable<Page['nav']> };

const navPages = pages.filter((page): page is NavPage => page.nav !== undefined);

/** What is for who looks; all of it, until it is known who that is. Rail, keys, palette and kiosk go by this. */
export function useNavPages(): readonly NavPage[] {
  const lacks = useLacking();
  return useMemo(() => navPages.filter(({ needs }) => lacks(needs).length === 0), [lacks]);
}
