import { Link } from '@tanstack/react-router';
import { useEventHistory } from '../../hooks/useEventHistory';
import { useNow } from '../../hooks/useNow';
import { Failed } from '../../parts/Failed';
import { eventText } from '../../store/eventText';
import { Loading } from '../../ui/Loading';
import { RelativeTime } from '../../ui/RelativeTime';
import { ToneText } from '../../ui/ToneText';
import classes from './OverviewPage.module.css';

/** What people and Hangar changed, without the calls and the checks. */
const changes = [
  'ProviderRegistered',
  'ProviderUpdated',
  'ProviderDeregistered',
  'ProviderStarted',
  'ProviderStopped',
  'ProviderAutoDisabled',
  'ProviderEnabled',
  'ProviderToolsChanged',
  'GroupCreated',
  'GroupUpdated',
  'GroupDeleted',
  'GroupMemberAdded',
  'GroupMemberRemoved',
  'GroupStateChanged',
  'SystemStarted',
] as const;

const shown = 8;

export function Changes() {
  const history = useEventHistory({ types: changes, limit: shown });
  const now = useNow(1_000);
  const newest = history.data?.toReversed().slice(0, shown) ?? [];
  return (
    <section>
      <h2>
        Last changes <Link to="/events">all events</Link>
      </h2>
      {history.isPending ? <Loading label="Loading changes" rows={4} rowHeight={32} /> : null}
      {history.error ? (
        <Failed
          title="The changes could not be loaded"
          error={history.error}
          onRetry={() => void history.refetch()}
        />
      ) : null}
      {history.data?.length === 0 ? <p className="muted">Nothing yet.</p> : null}
      <ul className={classes.changes}>
        {newest.map((event) => (
          <li key={event.event_id}>
            <span className={classes.name}>{subject(event)}</span>
            <ToneText {...eventText(event)} />
            <span className="muted num">
              <RelativeTime iso={event.timestamp} now={now} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const subject = (event: Record<string, unknown>) =>
  [event.provider_id, event.group_id].find((one) => typeof one === 'string') ?? 'Hangar';
