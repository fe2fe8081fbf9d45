import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useNow } from '../../hooks/useNow';
import { SidePanel } from '../../parts/SidePanel';
import { formatDateTime, plural } from '../../ui/format';
import { JsonView } from '../../ui/JsonView';
import { KeyValues } from '../../ui/KeyValues';
import { RelativeTime } from '../../ui/RelativeTime';
import { ToneBadge } from '../../ui/ToneBadge';
import classes from './SecurityPage.module.css';
import { severityTone, topicOf, type Source } from './view';
import { shown } from '../../ui/shown';

type Props = { source: Source; onClose: () => void };

const listed = 30;

/** One source of trouble: how often, since when, and where one goes to stop it. */
export function SourcePanel({ source, onClose }: Props) {
  const now = useNow(10_000);
  const { newest, oldest, events, times } = source;
  return (
    <SidePanel
      label="About the event"
      title={topicOf(newest)?.name ?? newest.event_type}
      end={<ToneBadge tone={severityTone[newest.severity]} label={newest.severity} />}
      onClose={onClose}
    >
      <p className={classes.message}>{shown(newest.message)}</p>
      <Steps source={source} />
      <KeyValues
        items={[
          { name: 'Times', value: plural(times, 'time') },
          { name: 'First', value: formatDateTime(oldest.timestamp) },
          { name: 'Last', value: formatDateTime(newest.timestamp) },
          { name: 'Who', value: newest.user_id ?? '–' },
          { name: 'From', value: newest.source_ip ?? '–' },
          ...(newest.provider_id === undefined
            ? []
            : [{ name: 'Provider', value: newest.provider_id }]),
          ...(newest.tool_name === undefined ? [] : [{ name: 'Tool', value: newest.tool_name }]),
          ...(newest.correlation_id === undefined
            ? []
            : [
                {
                  name: 'Request',
                  value: <code className="mono">{shown(newest.correlation_id)}</code>,
                },
              ]),
        ]}
      />
      {events.length > 1 ? (
        <section>
          <h3>Each of them</h3>
          <ul className={classes.each}>
            {events.slice(0, listed).map((one) => (
              <li key={one.position}>
                <span>{shown(one.message)}</span>
                <span className="muted">
                  <RelativeTime iso={one.timestamp} now={now} />
                </span>
              </li>
            ))}
          </ul>
          {events.length > listed ? (
            <p className="muted">and {events.length - listed} more, in the export</p>
          ) : null}
        </section>
      ) : null}
      <section>
        <h3>Details of the last</h3>
        <JsonView value={newest.details} label="event details" />
      </section>
    </SidePanel>
  );
}

/** Where one goes from here. */
function Steps({ source: { newest } }: { source: Source }) {
  const { user_id: who, provider_id: provider, position } = newest;
  const system = who === 'app' || who === 'fleet' || who === 'egress';
  const steps: ReactNode[] = [];
  if (who !== undefined && !system) {
    steps.push(
      <Link to="/access" search={{ sel: who }}>
        Keys and roles of {shown(who)}
      </Link>,
      <Link to="/audit" search={{ actor: who }}>
        All that {shown(who)} did
      </Link>,
    );
  }
  if (provider !== undefined && provider !== '') {
    steps.push(
      <Link to="/providers/$id" params={{ id: provider }}>
        Provider {shown(provider)}
      </Link>,
    );
  }
  if (newest.event_type === 'provider_compromise_suspected' && provider !== undefined) {
    steps.push(
      <Link to="/providers/$id" params={{ id: provider }} search={{ tab: 'tools' }}>
        Compare its tools
      </Link>,
    );
  }
  if (newest.event_type === 'validation_failed') {
    steps.push(<Link to="/discovery">Discovery</Link>);
  }
  steps.push(
    <Link to="/audit" search={{ sel: String(position), by: 'all' }}>
      In the audit
    </Link>,
  );
  return (
    <ul className={classes.steps} aria-label="Where to go from here">
      {steps.map((step, i) => (
        <li key={i}>{step}</li>
      ))}
    </ul>
  );
}
