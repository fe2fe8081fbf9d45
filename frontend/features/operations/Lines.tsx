import type { OperationEvent } from '../../api/types';
import { stageName } from '../../parts/operations/stages';
import { formatClock, formatDuration } from '../../ui/format';
import type { Tone } from '../../ui/tokens';
import { ToneText } from '../../ui/ToneText';
import classes from './OperationPage.module.css';
import { shown } from '../../ui/shown';

type Said = Record<string, unknown>;

const text = (value: unknown) => (typeof value === 'string' ? value : '');

/** One event in words. */
function words(event: OperationEvent): { tone: Tone | null; text: string } {
  const data = (event.data ?? {}) as Said;
  const message = text(data.message);
  const after = message === '' ? '' : `: ${message}`;
  switch (event.event_type) {
    case 'status':
      return { tone: 'busy', text: `${stageName(text(data.status))}${after}` };
    case 'progress':
      return { tone: null, text: `${Math.round(Number(data.progress ?? 0) * 100)} %${after}` };
    case 'log':
      return { tone: levelTone(text(data.level)), text: message };
    case 'result':
      return { tone: null, text: 'gave its result' };
    case 'completed':
      return {
        tone: 'good',
        text: `completed in ${formatDuration(Number(data.duration ?? 0) * 1_000)}`,
      };
    case 'error':
      return { tone: endTones[text(data.error_type)] ?? 'bad', text: text(data.error) };
  }
}

/** An end that is no failure of the work itself. */
const endTones: Record<string, Tone> = { InterruptedError: 'warn', CancelledError: 'idle' };

function levelTone(level: string): Tone | null {
  if (/^(error|fatal|critical)$/i.test(level)) return 'bad';
  return /^warn/i.test(level) ? 'warn' : null;
}

type Props = { events: readonly OperationEvent[]; startedAt: number };

/** More are in the export and the API; a person does not read ten thousand lines. */
const atMost = 500;

export function EventLines({ events, startedAt }: Props) {
  if (events.length === 0) return <p className="muted">Nothing yet.</p>;
  return (
    <>
      {events.length > atMost ? (
        <p className="muted">
          The newest {atMost} of {events.length}.
        </p>
      ) : null}
      <ol className={classes.lines} aria-label="Events of the operation">
        {events
          .slice(-atMost)
          .toReversed()
          .map((event) => (
            <li key={event.event_id}>
              <span className={classes.offset}>
                +{formatDuration(Math.max(0, event.timestamp - startedAt) * 1_000)}
              </span>
              <span className={classes.kind}>{event.event_type}</span>
              <ToneText {...words(event)} />
            </li>
          ))}
      </ol>
    </>
  );
}

export function LogLines({ events }: { events: readonly OperationEvent[] }) {
  if (events.length === 0) return <p className="muted">It has logged nothing.</p>;
  return (
    <ol className={`${classes.lines} ${classes.log}`} aria-label="Log of the operation">
      {events.slice(-atMost).map((event) => {
        const data = (event.data ?? {}) as Said;
        return (
          <li key={event.event_id} data-tone={levelTone(text(data.level)) ?? undefined}>
            <span className={classes.offset}>
              {formatClock(new Date(event.timestamp * 1_000).toISOString())}
            </span>
            <span className={classes.kind}>{shown(text(data.level))}</span>
            <span className={classes.message}>{shown(text(data.message))}</span>
          </li>
        );
      })}
    </ol>
  );
}
