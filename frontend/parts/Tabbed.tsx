import { Tabs } from '@mantine/core';
import { Suspense, type ReactNode } from 'react';
import { useKeys } from '../hooks/useKeys';
import { useTabInSight } from '../hooks/useTabInSight';
import { useUrlState } from '../hooks/useUrlState';
import { Loading } from '../ui/Loading';
import classes from './Tabbed.module.css';

export type TabOf = {
  key: string;
  title: string;
  count?: number | undefined;
  body: () => ReactNode;
};

type Props = {
  /** Whose tabs they are, in the sheet of keys. */
  about: string;
  tabs: readonly [TabOf, ...TabOf[]];
};

/** The parts of a page, one at a time; the address says which. */
export function Tabbed({ about, tabs }: Props) {
  const [url, setUrl] = useUrlState();
  const current = tabs.find(({ key }) => key === url.tab) ?? tabs[0];
  const open = (key: string | null) => {
    setUrl({ tab: key === null || key === tabs[0].key ? '' : key }, { push: true });
  };
  const strip = useTabInSight(current.key);
  useKeys(
    tabs.map(({ key, title }, i) => ({
      keys: `Alt+${i + 1}`,
      label: `Tab ${title}`,
      group: about,
      run: () => {
        open(key);
      },
    })),
  );
  return (
    <Tabs className={classes.tabs} value={current.key} keepMounted={false} onChange={open}>
      <Tabs.List ref={strip} className={classes.list}>
        {tabs.map(({ key, title, count }) => (
          <Tabs.Tab key={key} value={key}>
            {title}
            {count === undefined ? null : <span className={classes.count}>{count}</span>}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Suspense fallback={<Loading label="Loading" />}>
        {tabs.map(({ key, body }) => (
          <Tabs.Panel key={key} value={key} className={classes.panel} tabIndex={0}>
            {body()}
          </Tabs.Panel>
        ))}
      </Suspense>
    </Tabs>
  );
}
