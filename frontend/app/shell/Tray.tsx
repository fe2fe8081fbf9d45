import { Button, CloseButton, Popover } from '@mantine/core';
import { IconInbox } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Operation } from '../../api/types';
import { useNow } from '../../hooks/useNow';
import { useOperations } from '../../hooks/useOperations';
import { ActionButton } from '../../parts/actions/ActionButton';
import { cancel } from '../../parts/actions/operationActions';
import { dismiss, perform, useActionStore, type Entry } from '../../parts/actions/store';
import { leftMs, usualOf } from '../../store/operationHistory';
import { operationTitle, tookMs } from '../../store/operationText';
import { formatAgo, formatDuration, formatLeft } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import { ProgressBar } from '../../ui/ProgressBar';
import classes from './Tray.module.css';
import { shown } from '../../ui/shown';

/** What is under way, what went wrong and what can be taken back, on every page. */
export function Tray() {
  const [opened, setOpened] = useState(false);
  const { operations, running } = useOperations();
  const entries = useActionStore((state) => state.entries);
  const errors = entries.filter((entry) => entry.kind === 'failed').length;
  const nothing = entries.length === 0 && running.length === 0;
  if (nothing && !opened) return null;
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-end"
      width={380}
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <button
          type="button"
          className={classes.button}
          aria-label={`Tray: ${running.length} running, ${errors} failed`}
          onClick={() => {
            setOpened(!opened);
          }}
        >
          {running.length > 0 ? (
            <span className={classes.count} data-tone="busy">
              <Glyph tone="busy" size={11} /> {running.length}
            </span>
          ) : null}
          {errors > 0 ? (
            <span className={classes.count} data-tone="bad">
              <Glyph tone="bad" size={9} /> {errors}
            </span>
          ) : null}
          {running.length === 0 && errors === 0 ? <IconInbox size={17} stroke={1.6} /> : null}
        </button>
      </Popover.Target>
      <Popover.Dropdown p={0}>
        {nothing ? <p className={classes.nothing}>Nothing is under way.</p> : null}
        <ul className={classes.list}>
          {running.map((operation) => (
            <Running key={operation.operation_id} operation={operation} operations={operations} />
          ))}
          {entries.map((entry) => (
            <Line key={entry.id} entry={entry} />
          ))}
        </ul>
      </Popover.Dropdown>
    </Popover>
  );
}

type RunningProps = { operation: Operation; operations: readonly Operation[] };

function Running({ operation, operations }: RunningProps) {
  const now = useNow(1_000);
  const title = operationTitle(operation);
  const left = leftMs(operation, usualOf(operations, operation), now);
  return (
    <li className={classes.line}>
      <div className={classes.text}>
        <p className={classes.title}>
          <Link to="/operations/$id" params={{ id: operation.operation_id }}>
            {title}
          </Link>
          <span className="muted num">{formatDuration(tookMs(operation, now))}</span>
        </p>
        <ProgressBar
          label={`Progress of ${title}`}
          value={operation.progress === 0 ? null : operation.progress}
        />
        <p className="muted">
          {shown(operation.message || operation.status.replaceAll('_', ' '))}
          {left === null ? null : <span className="num"> · {formatLeft(left)}</span>}
        </p>
      </div>
      <ActionButton action={cancel(operation)} iconOnly />
    </li>
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
        {entry.kind === 'failed' ? <p className="muted">{shown(entry.error.message)}</p> : null}
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
