import { Button, CloseButton, Popover } from '@mantine/core';
import { IconInbox } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNow } from '../../hooks/useNow';
import { dismiss, perform, useActionStore, type Entry } from '../../parts/actions/store';
import { formatAgo } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import classes from './Tray.module.css';

/** What is under way, what went wrong and what can be taken back, on every page. */
export function Tray() {
  const [opened, setOpened] = useState(false);
  const entries = useActionStore((state) => state.entries);
  const errors = entries.filter((entry) => entry.kind === 'failed').length;
  if (entries.length === 0) return null;
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={380} trapFocus>
      <Popover.Target>
        <button
          type="button"
          className={classes.button}
          aria-label={`Tray: ${errors} failed`}
          onClick={() => {
            setOpened(!opened);
          }}
        >
          <IconInbox size={17} stroke={1.6} />
          {errors > 0 ? (
            <span className={classes.count} data-tone="bad">
              <Glyph tone="bad" size={9} /> {errors}
            </span>
          ) : null}
        </button>
      </Popover.Target>
      <Popover.Dropdown p={0}>
        <ul className={classes.list}>
          {entries.map((entry) => (
            <Line key={entry.id} entry={entry} />
          ))}
        </ul>
      </Popover.Dropdown>
    </Popover>
  );
}

function Line({ entry }: { entry: Entry }) {
  const now = useNow(1_000);
  const queryClient = useQueryClient();
  const again = entry.kind === 'failed' ? entry.action : entry.undo;
  return (
    <li className={classes.line}>
      <span className={classes.mark} data-tone={entry.kind === 'failed' ? 'bad' : 'good'}>
        <Glyph tone={entry.kind === 'failed' ? 'bad' : 'good'} size={10} />
      </span>
      <div className={classes.text}>
        <p>{entry.kind === 'failed' ? (entry.action.failed ?? entry.action.label) : entry.text}</p>
        {entry.kind === 'failed' ? <p className="muted">{entry.error.message}</p> : null}
        <p className="muted num">
          {formatAgo(entry.at, now)}
          {entry.kind === 'failed' ? <> · {entry.error.type}</> : null}
        </p>
      </div>
      {again ? (
        <Button
          size="xs"
          onClick={() => {
            dismiss(entry.id);
            void perform(again, queryClient);
          }}
        >
          {entry.kind === 'failed' ? 'Retry' : 'Undo'}
        </Button>
      ) : null}
      <CloseButton
        size={24}
        aria-label="Put away"
        onClick={() => {
          dismiss(entry.id);
        }}
      />
    </li>
  );
}
