import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { keys } from '../../api/keys';
import { listOperationEvents } from '../../api/operations';
import type { Operation } from '../../api/types';
import { useNow } from '../../hooks/useNow';
import { useOperations } from '../../hooks/useOperations';
import { Failed } from '../../parts/Failed';
import { StageBar, StageList } from '../../parts/operations/StageBar';
import { stagesOf, type Stage } from '../../parts/operations/stages';
import { Standing } from '../../parts/operations/Standing';
import { providerOf, tookMs } from '../../store/operationText';
import { isRunning } from '../../store/operations';
import { EmptyState } from '../../ui/EmptyState';
import { formatDuration, plural } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { RelativeTime } from '../../ui/RelativeTime';
import { Signal } from '../../ui/Signal';
import classes from './Life.module.css';
import page from './ProviderPage.module.css';

/** Each one's stages are asked for by themselves. */
const shown = 12;

/** Where the time of its starts went, one bar for each, comparable. */
export function StartsTab({ id }: { id: string }) {
  const { operations, isLoading, error, retry } = useOperations(500);
  const starts = useMemo(
    () =>
      operations
        .filter((one) => one.operation_type === 'provider_start' && providerOf(one) === id)
        .slice(0, shown),
    [operations, id],
  );
  if (isLoading) return <Loading label="Loading starts" rows={6} rowHeight={40} />;
  if (error) return <Failed title="The starts could not be loaded" error={error} onRetry={retry} />;
  if (starts.length === 0) {
    return (
      <EmptyState title="No starts on record">
        Each start of {id} appears here with its stages: what was launched, how long its handshake
        took, when its tools were known.
      </EmptyState>
    );
  }
  return <Starts starts={starts} />;
}

function Starts({ starts }: { starts: readonly Operation[] }) {
  const now = useNow(1_000);
  const stages = useStages(starts);
  const longest = Math.max(...starts.map((one) => tookMs(one, now)));
  const good = starts
    .filter((one) => one.status === 'completed')
    .map((one) => tookMs(one, now))
    .sort((a, b) => a - b);
  const newest = starts[0] && stages.get(starts[0].operation_id);
  return (
    <div className={classes.starts}>
      <div className={page.signals}>
        <Signal
          name="Starts shown"
          value={starts.length}
          note={plural(starts.length - good.length, 'without success', 'without success')}
        />
        <Signal name="Fastest" value={good[0] === undefined ? '–' : formatDuration(good[0])} />
        <Signal name="Median" value={medianOf(good)} />
        <Signal name="Slowest" value={good.length === 0 ? '–' : formatDuration(good.at(-1) ?? 0)} />
      </div>
      <section className={page.section}>
        <h2>Cold starts</h2>
        <ol aria-label="Cold starts">
          {starts.map((one) => (
            <li key={one.operation_id} className={classes.start}>
              <Link to="/operations/$id" params={{ id: one.operation_id }}>
                <RelativeTime iso={new Date(one.started_at * 1_000).toISOString()} now={now} />
              </Link>
              <Standing operation={one} />
              <Bar operation={one} stages={stages.get(one.operation_id)} ofMs={longest} now={now} />
              <span className={classes.took}>{formatDuration(tookMs(one, now))}</span>
            </li>
          ))}
        </ol>
      </section>
      {newest && newest.length > 0 ? (
        <section className={page.section}>
          <h2>Stages of the newest</h2>
          <StageList stages={newest} now={now} />
        </section>
      ) : null}
    </div>
  );
}

type BarProps = {
  operation: Operation;
  stages: Stage[] | undefined;
  ofMs: number;
  now: number;
};

function Bar({ operation, stages, ofMs, now }: BarProps) {
  if (!stages) return <span />;
  return (
    <div>
      <StageBar label="Stages" stages={stages} now={now} ofMs={ofMs} />
      {operation.error ? (
        <p className={classes.bad} title={operation.error}>
          {operation.error}
        </p>
      ) : null}
    </div>
  );
}

/** The stages of each, as they come; of one that still runs they are asked for again. */
function useStages(starts: readonly Operation[]): ReadonlyMap<string, Stage[]> {
  const results = useQueries({
    queries: starts.map((one) => ({
      queryKey: [...keys.operation(one.operation_id), 'stages'],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        listOperationEvents(one.operation_id, signal),
      staleTime: isRunning(one) ? 0 : Infinity,
      refetchInterval: isRunning(one) ? 1_000 : (false as const),
    })),
  });
  const stages = new Map<string, Stage[]>();
  starts.forEach((one, i) => {
    const events = results[i]?.data?.events;
    if (events) stages.set(one.operation_id, stagesOf(events));
  });
  return stages;
}

function medianOf(sorted: readonly number[]): string {
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  return middle === undefined ? '–' : formatDuration(middle);
}
