import { IconBook2, IconDots } from '@tabler/icons-react';
import { Menu } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { urlOf } from '../../api/client';
import { keepRange } from '../../hooks/range';
import { useFiringCount } from '../../hooks/useAlerts';
import { formatNumber, plural } from '../../ui/format';
import { useNavPages, type NavPage } from '../usePages';
import { Mark } from './Mark';
import classes from './Rail.module.css';

type Props = { version: string };

export function Rail({ version }: Props) {
  const shown = useNavPages();
  const groups = [...new Set(shown.map((page) => page.nav.group))];
  return (
    <nav className={classes.rail} aria-label="Main">
      <div className={classes.brand}>
        <Mark />
        <span className={classes.word}>Hangar</span>
      </div>
      {groups.map((group) => (
        <div key={group} className={classes.group}>
          {group === '' ? null : <span className={classes.heading}>{group}</span>}
          {shown
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
  const shown = useNavPages();
  return (
    <nav className={classes.bottom} aria-label="Main">
      {shown
        .filter((page) => page.nav.phone)
        .map((page) => (
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
          {shown
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
      {page.path === '/alerts' ? <FiringBadge /> : null}
      <kbd className={classes.key} aria-hidden="true">
        g {page.nav.key}
      </kbd>
    </Link>
  );
}

/** How many alerts wait for somebody; none is not worth a badge. */
function FiringBadge() {
  const count = useFiringCount();
  if (count === undefined || count === 0) return null;
  return (
    <span className={classes.badge} title={`${plural(count, 'alert')} to take up`}>
      <span className="visually-hidden">{plural(count, 'alert')} to take up</span>
      <span aria-hidden="true">{count > 99 ? '99+' : formatNumber(count)}</span>
    </span>
  );
}
