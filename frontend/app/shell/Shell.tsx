import { Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect } from 'react';
import { holdFleet } from '../../store/fleet';
import { LiveRegion } from '../../ui/LiveRegion';
import { pages } from '../pages';
import { ConnectionIndicator } from './ConnectionIndicator';
import { ErrorBoundary } from './ErrorBoundary';
import { Rail } from './Rail';
import classes from './Shell.module.css';
import { ThemeSwitch } from './ThemeSwitch';

type Props = { version: string };

/** The frame around every page. It holds the fleet's live picture, so that pages find it warm. */
export function Shell({ version }: Props) {
  useEffect(holdFleet, []);
  // The path of what is on the screen: the address itself runs ahead while a page is still loading.
  const shown = useRouterState({ select: (state) => state.matches.at(-1)?.pathname });
  const title = useRouterState({
    select: (state) => {
      const match = state.matches.at(-1);
      const page = pages.find((one) => one.path === match?.fullPath);
      const { id } = (match?.params ?? {}) as { id?: string };
      return id ?? page?.title ?? 'Hangar';
    },
  });
  useEffect(() => {
    document.title = title === 'Hangar' ? title : `${title} · Hangar`;
  }, [title]);
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#main" onClick={focusMain}>
        Skip to content
      </a>
      <Rail version={version} />
      <section className={classes.bar} aria-label="Connection and theme">
        <ConnectionIndicator />
        <ThemeSwitch />
      </section>
      <main id="main" className={classes.main} tabIndex={-1}>
        <ErrorBoundary key={shown}>
          <Outlet />
        </ErrorBoundary>
      </main>
      <LiveRegion />
    </div>
  );
}

/** With a <base> in the page a bare fragment would leave it, so the jump is done by hand. */
function focusMain(event: React.MouseEvent) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
