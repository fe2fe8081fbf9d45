import { IconBook2 } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { urlOf } from '../../api/client';
import { pages, type Page } from '../pages';
import classes from './Rail.module.css';

type Props = { version: string };

type NavPage = Page & { nav: NonNullable<Page['nav']> };

const entries = pages.filter((page): page is NavPage => page.nav !== undefined);
const groups = [...new Set(entries.map((page) => page.nav.group))];

export function Rail({ version }: Props) {
  return (
    <nav className={classes.rail} aria-label="Main">
      <div className={classes.brand}>
        <Mark />
        <span className={classes.word}>Hangar</span>
      </div>
      {groups.map((group) => (
        <div key={group} className={classes.group}>
          <span className={classes.heading}>{group}</span>
          {entries
            .filter((page) => page.nav.group === group)
            .map((page) => (
              <Link key={page.path} to={page.path} className={classes.link} title={page.title}>
                <page.nav.icon size={18} stroke={1.6} />
                <span className={classes.word}>{page.title}</span>
              </Link>
            ))}
        </div>
      ))}
      <div className={classes.foot}>
        <a className={classes.link} href={urlOf('docs')} title="API reference">
          <IconBook2 size={18} stroke={1.6} />
          <span className={classes.word}>API reference</span>
        </a>
        {version === '' ? null : <span className={classes.version}>{version}</span>}
      </div>
    </nav>
  );
}

/** A hangar door with a heartbeat in it. */
function Mark() {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true" className={classes.mark}>
      <path
        d="M2 20V9.5C2 5 6 2 11 2s9 3 9 7.5V20"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
      />
      <path d="M6 20v-4M9.3 20v-7M12.7 20v-9M16 20v-5" stroke="currentColor" strokeWidth="1.8" />
    </svg>
  );
}
