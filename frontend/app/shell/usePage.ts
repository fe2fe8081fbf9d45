import { useRouterState } from '@tanstack/react-router';
import { pages, type Page } from '../pages';

/** The row of the table of pages that is on the screen. */
export const usePage = (): Page | undefined =>
  useRouterState({
    select: (state) => {
      const match = state.matches.at(-1);
      return pages.find((one) => one.path === match?.fullPath);
    },
  });
