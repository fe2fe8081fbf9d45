import { leave } from '../../api/session';
import { useConnection } from '../../hooks/useConnection';
import { useNow } from '../../hooks/useNow';
import { pollEveryMs, useFleet } from '../../store/fleet';
import { behindMs, useProbe } from '../../store/probe';
import { websocketStore } from '../../store/websocket';
import { formatClock } from '../../ui/format';
import type { ConnectionSummary } from '../../store/connectionSummary';
import classes from './ConnectionIndicator.module.css';

/** Whether what is on the screen is live, in words; with a way to try now where one is waiting. */
export function ConnectionIndicator() {
  const connection = useConnection();
  const polling = useFleet((state) => state.polling);
  const probe = useProbe();
  const now = useNow(1_000);
  const behind = connection.kind === 'live' ? behindMs(probe, now) : null;
  return (
    <div className={classes.indicator} data-kind={behind === null ? connection.kind : 'delayed'}>
      <span className={classes.dot} />
      {/* The countdown stays outside of the live region: once a second is no news. */}
      <span role="status" aria-live={connection.kind === 'live' ? 'polite' : 'assertive'}>
        {behind === null ? words(connection, polling) : 'Delayed'}
      </span>
      {connection.kind === 'live' || connection.kind === 'connecting' ? null : <AsOf />}
      {behind === null ? null : (
        <span className={classes.rtt}>{Math.round(behind / 1_000)} s behind</span>
      )}
      {connection.kind === 'live' && behind === null && probe.rttMs !== null ? (
        <span className={classes.rtt} title="Time to the server and back">
          {probe.rttMs} ms
        </span>
      ) : null}
      {probe.newVersion === null ? null : (
        <button
          type="button"
          className={classes.retry}
          title={`The server is version ${probe.newVersion} now; this page is older`}
          onClick={() => {
            leave.reload();
          }}
        >
          New version: reload
        </button>
      )}
      {connection.kind === 'reconnecting' ? <Retry retryAt={connection.retryAt} /> : null}
    </div>
  );
}

function words(connection: ConnectionSummary, polling: boolean): string {
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
      if (!connection.failing) return 'Reconnecting';
      return polling
        ? `Not live, asks every ${pollEveryMs / 1_000} s: ${connection.attempts} connections failed`
        : `Not live: ${connection.attempts} connections failed`;
  }
}

/** How old what is shown may be, once it is not live. */
function AsOf() {
  const asOf = useFleet((state) => state.asOf);
  if (asOf === 0) return null;
  return (
    <span className={classes.asOf}>
      as of {formatClock(new Date(asOf).toISOString()).slice(0, 8)}
    </span>
  );
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
