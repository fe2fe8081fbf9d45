import { IconBook2, IconDots } from '@tabler/icons-react';
import { Menu } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { urlOf } from '../../api/client';
import { keepRange } from '../../hooks/range';
import { pages, type Page } from '../pages';
import { Mark } from './Mark';
import classes from './Rail.module.css';

type Props = { version: string };

type NavPage = Page & { nav: NonNullable<Page['nav']> };

const entries = pages.filter((page): page is NavPage => page.nav !== undefined);
const groups = [...new Set(entries.map((page) => page.nav.group))];
const onPhone = entries.filter((page) => page.nav.phone);

export function Rail({ version }: Props) {
  return (
    <nav className={classes.rail} aria-label="Main">
      <div className={classes.brand}>
        <Mark />
        <span className={classes.word}>Hangar</span>
      </div>
      {groups.map((group) => (
        <div key={group} className={classes.group}>
          {group === '' ? null : <span className={classes.heading}>{group}</span>}
          {entries
            .filter((page) => page.nav.group === group)
            .map((page) => (
              <NavLink key={page.path} page={page} />
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

/** At the bottom of a phone: what one does on the way, and the rest behind More. */
export function BottomBar() {
  const navigate = useNavigate();
  return (
    <nav className={classes.bottom} aria-label="Main">
      {onPhone.map((page) => (
        <NavLink key={page.path} page={page} />
      ))}
      <Menu position="top-end" width={220}>
        <Menu.Target>
          <button type="button" className={classes.link}>
            <IconDots size={18} stroke={1.6} />
            <span className={classes.word}>More</span>
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {entries
            .filter((page) => !page.nav.phone)
            .map((page) => (
              <Menu.Item
                key={page.path}
                leftSection={<page.nav.icon size={16} stroke={1.6} />}
                onClick={() => void navigate({ to: page.path })}
              >
                {page.title}
              </Menu.Item>
            ))}
          <Menu.Item
            component="a"
            href={urlOf('docs')}
            leftSection={<IconBook2 size={16} stroke={1.6} />}
          >
            API reference
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </nav>
  );
}

function NavLink({ page }: { page: NavPage }) {
  return (
    <Link
      to={page.path}
      search={page.history ? keepRange : {}}
      className={classes.link}
      activeOptions={{ exact: page.path === '/', includeSearch: false }}
      title={`${page.title} (g ${page.nav.key})`}
    >
      <page.nav.icon size={18} stroke={1.6} />
      <span className={classes.word}>{page.title}</span>
      <kbd className={classes.key} aria-hidden="true">
        g {page.nav.key}
      </kbd>
    </Link>
  );
}
