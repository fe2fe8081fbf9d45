import { useConnection } from '../../hooks/useConnection';
import { useNow } from '../../hooks/useNow';
import { websocketStore } from '../../store/websocket';
import type { ConnectionSummary } from '../../store/connectionSummary';
import classes from './ConnectionIndicator.module.css';

/** Whether what is on the screen is live, in words; with a way to try now where one is waiting. */
export function ConnectionIndicator() {
  const connection = useConnection();
  return (
    <div className={classes.indicator} data-kind={connection.kind}>
      <span className={classes.dot} />
      {/* The countdown stays outside of the live region: once a second is no news. */}
      <span role="status" aria-live={connection.kind === 'live' ? 'polite' : 'assertive'}>
        {words(connection)}
      </span>
      {connection.kind === 'reconnecting' ? <Retry retryAt={connection.retryAt} /> : null}
    </div>
  );
}

function words(connection: ConnectionSummary): string {
  switch (connection.kind) {
    case 'live':
      return 'Live';
    case 'connecting':
      return 'Connecting';
    case 'offline':
      return 'Offline: this device has no network';
    case 'refused':
      return 'Not live: the server refused the stream';
    case 'reconnecting':
      return connection.failing
        ? `Not live: ${connection.attempts} connections failed`
        : 'Reconnecting';
  }
}

function Retry({ retryAt }: { retryAt: number | null }) {
  const now = useNow(1_000);
  const seconds = retryAt === null ? null : Math.max(0, Math.ceil((retryAt - now) / 1_000));
  return (
    <>
      <span className={classes.countdown} aria-hidden="true">
        {seconds === null ? 'now' : `in ${seconds} s`}
      </span>
      <button
        type="button"
        className={classes.retry}
        onClick={() => {
          websocketStore.getState().reconnectAll();
        }}
      >
        Retry now
      </button>
    </>
  );
}
