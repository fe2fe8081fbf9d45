import { useMediaQuery } from '@mantine/hooks';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useLayoutEffect, useRef } from 'react';
import { AlertSignal } from '../../hooks/useAlerts';
import { ActionHost } from '../../parts/actions/ActionHost';
import { holdFleet } from '../../store/fleet';
import { holdProbe } from '../../store/probe';
import { holdRates } from '../../store/rates';
import { LiveRegion } from '../../ui/LiveRegion';
import { pages } from '../pages';
import { ConnectionIndicator } from './ConnectionIndicator';
import { ErrorBoundary } from './ErrorBoundary';
import { Permitted } from './Permitted';
import { BottomBar, Rail } from './Rail';
import classes from './Shell.module.css';
import { SavedViews } from './SavedViews';
import { ShellKeys } from './ShellKeys';
import { ThemeSwitch } from './ThemeSwitch';
import { TimeRange } from './TimeRange';
import { Tray } from './Tray';
import { UndoToast } from './UndoToast';
import { useKiosk } from './useKiosk';

type Props = { version: string };

/** The frame around every page. It holds the fleet's live picture, so that pages find it warm. */
export function Shell({ version }: Props) {
  useEffect(holdFleet, []);
  useEffect(holdRates, []);
  useEffect(() => holdProbe(version), [version]);
  const phone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false });
  const kiosk = useKiosk();
  // The path of what is on the screen: the address itself runs ahead while a page is still loading.
  const shown = useRouterState({ select: (state) => state.matches.at(-1)?.pathname });
  useTitle();
  return (
    <div className={classes.shell} data-kiosk={kiosk || undefined}>
      <a className={classes.skip} href="#main" onClick={focusMain}>
        Skip to content
      </a>
      {kiosk || phone ? null : <Rail version={version} />}
      <Bar kiosk={kiosk} />
      <main id="main" className={classes.main} tabIndex={-1}>
        <ErrorBoundary key={shown}>
          <Permitted>
            <Outlet />
          </Permitted>
        </ErrorBoundary>
      </main>
      {phone && !kiosk ? <BottomBar /> : null}
      <AlertSignal />
      <UndoToast />
      <ActionHost />
      <LiveRegion />
    </div>
  );
}

/** Stands at the right of the page's own heading, which leaves as much room as it takes. */
function Bar({ kiosk }: { kiosk: boolean }) {
  const bar = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const element = bar.current;
    if (!element) return;
    const tell = () => {
      element.parentElement?.style.setProperty('--bar-room', `${element.offsetWidth + 8}px`);
    };
    const observer = new ResizeObserver(tell);
    observer.observe(element);
    tell();
    return () => {
      observer.disconnect();
    };
  }, []);
  return (
    <section ref={bar} className={classes.bar} aria-label="Shell">
      {kiosk ? null : <TimeRange />}
      {kiosk ? null : <SavedViews />}
      {kiosk ? null : <ShellKeys />}
      {kiosk ? null : <Tray />}
      <ConnectionIndicator />
      {kiosk ? null : <ThemeSwitch />}
    </section>
  );
}

function useTitle() {
  const title = useRouterState({
    select: (state) => {
      const match = state.matches.at(-1);
      const page = pages.find((one) => one.path === match?.fullPath);
      const { id } = (match?.params ?? {}) as { id?: string };
      return page?.path === '/operations/$id' ? page.title : (id ?? page?.title ?? 'Hangar');
    },
  });
  useEffect(() => {
    document.title = title === 'Hangar' ? title : `${title} · Hangar`;
  }, [title]);
}

/** With a <base> in the page a bare fragment would leave it, so the jump is done by hand. */
function focusMain(event: React.MouseEvent) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
