import { NativeSelect } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { EventFrame } from '../../../api/types';
import { useNow } from '../../../hooks/useNow';
import { DiffView } from '../../../ui/DiffView';
import { formatDateTime, plural } from '../../../ui/format';
import { RelativeTime } from '../../../ui/RelativeTime';
import { unified } from './diff';
import classes from './Tools.module.css';
import { shownName } from '../../../ui/shown';

type Props = {
  tool: string;
  /** Changes of this tool's definition, oldest first; at least one. */
  changes: readonly EventFrame[];
};

/** What a tool said of itself before and after: what a model was told, or a person approved, may not hold any more. */
export function ToolChanges({ tool, changes }: Props) {
  const now = useNow(10_000);
  const newestFirst = useMemo(() => changes.toReversed(), [changes]);
  const [chosen, setChosen] = useState<string | null>(null);
  const change = newestFirst.find((one) => one.event_id === chosen) ?? newestFirst[0];
  if (!change) return null;
  return (
    <section className={classes.changes} aria-label={`Changes of ${shownName(tool)}`}>
      <div className={classes.changesHead}>
        <h3>Its definition has changed</h3>
        <span className="muted">
          {plural(changes.length, 'time')} on record, this one{' '}
          <RelativeTime iso={change.timestamp} now={now} />
        </span>
        {changes.length > 1 ? (
          <NativeSelect
            aria-label="Which change"
            rightSection={<IconChevronDown size={15} />}
            value={change.event_id}
            data={newestFirst.map((one) => ({
              value: one.event_id,
              label: formatDateTime(one.timestamp),
            }))}
            onChange={(event) => {
              setChosen(event.currentTarget.value);
            }}
          />
        ) : null}
        <Link
          to="/events"
          search={{
            type: change.event_type,
            provider: change.provider_id ?? '',
            event: String(change.position),
          }}
        >
          The event
        </Link>
      </div>
      {change.old_definition === undefined || change.new_definition === undefined ? (
        <p className="muted">
          The definition is larger than what an event keeps: only its digests are on record.
        </p>
      ) : (
        <DiffView
          label={`What changed in ${shownName(tool)}`}
          text={unified(pretty(change.old_definition), pretty(change.new_definition))}
        />
      )}
    </section>
  );
}

const pretty = (definition: unknown) => JSON.stringify(definition, null, 2);
