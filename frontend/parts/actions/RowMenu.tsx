import { ActionIcon, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useState } from 'react';
import type { Action } from './action';
import classes from './RowMenu.module.css';
import { useGate } from './useGate';
import { useTrigger } from './useTrigger';
import { shown } from '../../ui/shown';

type Props = { label: string; actions: readonly Action[] };

/** All actions of a row. The menu itself exists from its first opening on: a table has many rows. */
export function RowMenu({ label, actions }: Props) {
  const [opened, setOpened] = useState(false);
  const [used, setUsed] = useState(false);
  const button = (
    <ActionIcon
      aria-label={shown(label)}
      title="More"
      aria-haspopup="menu"
      data-row-menu
      onClick={
        used
          ? undefined
          : () => {
              setUsed(true);
              setOpened(true);
            }
      }
    >
      <IconDots size={16} />
    </ActionIcon>
  );
  if (!used) return button;
  return (
    <Menu opened={opened} onChange={setOpened} position="bottom-end" withinPortal>
      <Menu.Target>{button}</Menu.Target>
      <Menu.Dropdown>
        {actions.map((action) => (
          <Item key={action.id} action={action} />
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Item({ action: given }: { action: Action }) {
  const trigger = useTrigger();
  const action = useGate()(given);
  return (
    <Menu.Item
      leftSection={<action.icon size={16} />}
      rightSection={
        action.key === undefined ? null : <kbd className={classes.key}>{action.key}</kbd>
      }
      disabled={action.blocked !== undefined}
      title={action.blocked === undefined ? undefined : `Not now, ${action.blocked}`}
      {...(action.tier === 3 ? { className: classes.danger } : {})}
      onClick={() => {
        trigger(action);
      }}
    >
      {action.verb}
      {action.tier >= 2 ? '…' : ''}
    </Menu.Item>
  );
}
