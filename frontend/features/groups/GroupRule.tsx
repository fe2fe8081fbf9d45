import { NativeSelect } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import type { Group, Strategy } from '../../api/types';
import {
  changeMinimum,
  changeStrategy,
  strategies,
  strategyOptions,
} from '../../parts/actions/groupActions';
import { useDenial } from '../../parts/actions/useGate';
import { useTrigger } from '../../parts/actions/useTrigger';
import classes from './GroupPage.module.css';

/** How it picks, and how many it needs: changed here, in force from the next call on, with a way back. */
export function GroupRule({ group }: { group: Group }) {
  const trigger = useTrigger();
  const denial = useDenial([`group:update:${group.group_id}`]);
  const counts = Array.from(
    { length: Math.max(group.total_members, group.min_healthy, 1) },
    (_, i) => String(i + 1),
  );
  return (
    <span className={classes.rule}>
      <NativeSelect
        aria-label="Strategy"
        title={denial ?? strategies[group.strategy].means}
        disabled={denial !== undefined}
        rightSection={<IconChevronDown size={15} />}
        value={group.strategy}
        data={strategyOptions}
        onChange={(event) => {
          trigger(changeStrategy(group, event.currentTarget.value as Strategy));
        }}
      />
      <NativeSelect
        aria-label="Members it needs"
        title={denial}
        disabled={denial !== undefined}
        rightSection={<IconChevronDown size={15} />}
        value={String(group.min_healthy)}
        data={counts.map((value) => ({ value, label: `needs ${value}` }))}
        onChange={(event) => {
          trigger(changeMinimum(group, Number(event.currentTarget.value)));
        }}
      />
    </span>
  );
}
