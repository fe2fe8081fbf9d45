import { useMantineColorScheme } from '@mantine/core';
import { IconBrightness, IconDeviceTv, IconKeyboard, IconSearch } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useKeys } from '../../hooks/useKeys';
import type { Action } from '../../parts/actions/action';
import { PageKeys } from './PageKeys';
import classes from './ShellKeys.module.css';

const Palette = lazy(async () => ({ default: (await import('../palette/Palette')).Palette }));
const KeySheet = lazy(async () => ({ default: (await import('./KeySheet')).KeySheet }));

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The keys that work on every page, and the two overlays that they open. */
export function ShellKeys() {
  const [open, setOpen] = useState<'palette' | 'sheet' | null>(null);
  const own = useOwnActions(() => {
    setOpen('sheet');
  });
  const close = () => {
    setOpen(null);
  };
  const toggle = (what: 'palette' | 'sheet') => () => {
    setOpen((before) => (before === what ? null : what));
  };
  useKeys([
    { keys: 'mod+k', label: 'Go to, or do, anything', group: 'Anywhere', run: toggle('palette') },
    { keys: '?', label: 'This sheet', group: 'Anywhere', run: toggle('sheet') },
    { keys: '/', label: 'Filter this page', group: 'Anywhere', run: focusFilter },
    { keys: 'j', label: 'Next row', group: 'Lists', run: stepRow('j') },
    { keys: 'k', label: 'Previous row', group: 'Lists', run: stepRow('k') },
    { keys: '.', label: 'All actions of the row', group: 'Lists', run: openRowMenu },
  ]);
  return (
    <>
      <PageKeys />
      <button
        type="button"
        className={classes.search}
        aria-label="Search, or do something"
        title="Go to, or do, anything"
        aria-keyshortcuts={isMac ? 'Meta+K' : 'Control+K'}
        onClick={toggle('palette')}
      >
        <IconSearch size={15} />
        <span className={classes.words}>Search</span>
        <kbd className={classes.words}>{isMac ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      <Suspense>
        {open === 'palette' ? <Palette own={own} onClose={close} /> : null}
        {open === 'sheet' ? <KeySheet onClose={close} /> : null}
      </Suspense>
    </>
  );
}

function useOwnActions(openSheet: () => void): Action[] {
  const { setColorScheme } = useMantineColorScheme();
  const navigate = useNavigate();
  return useMemo(() => {
    const own = (id: string, label: string, icon: Action['icon'], run: () => void): Action => ({
      id: `shell:${id}`,
      verb: label,
      label,
      icon,
      subject: 'shell:',
      tier: 0,
      run,
    });
    const theme = (scheme: 'light' | 'dark' | 'auto', label: string) =>
      own(`theme-${scheme}`, label, IconBrightness, () => {
        setColorScheme(scheme);
      });
    return [
      theme('dark', 'Use the dark theme'),
      theme('light', 'Use the light theme'),
      theme('auto', "Use the system's theme"),
      own('keys', 'Show the keyboard map', IconKeyboard, openSheet),
      own('kiosk', 'Show this page on a wall (kiosk)', IconDeviceTv, () => {
        void navigate({ to: '.', search: (before: object) => ({ ...before, kiosk: '1' }) });
      }),
    ];
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the sheet's opener only sets state: any of its versions does the same
  }, [setColorScheme, navigate]);
}

function focusFilter() {
  document.querySelector<HTMLElement>('main [data-filter]')?.focus();
}

/** With the focus elsewhere, the page's first list takes it; from there on the list itself listens. */
const stepRow = (key: string) => () => {
  const rows = document.querySelector<HTMLElement>('main [data-rows]');
  rows?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
};

function openRowMenu() {
  const row = document.activeElement?.closest('[data-row]');
  row?.querySelector<HTMLElement>('[data-row-menu]')?.click();
}
