import { useMemo } from 'react';
import type { ProviderDetail } from '../../api/types';
import { useEventHistory } from '../../hooks/useEventHistory';
import { windowOf } from '../../hooks/range';
import { useNow } from '../../hooks/useNow';
import { useRange } from '../../hooks/useRange';
import { Failed } from '../../parts/Failed';
import { useProvider } from '../../store/fleet';
import { BreakerSwitch } from '../../ui/BreakerSwitch';
import { formatAgo, formatDuration, plural } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { Timeline } from '../../ui/timeline/Timeline';
import classes from './Life.module.css';
import page from './ProviderPage.module.css';
import { breakerStory, lifeEvents, lifeLane, type Transition } from './states';

type Props = { detail: ProviderDetail };

/** What it went through in the time of the page, and its breaker. */
export function Life({ detail }: Props) {
  const id = detail.provider_id;
  const { range } = useRange();
  // Without a beginning: the state in which it entered that time was taken on before.
  const history = useEventHistory({
    types: lifeEvents,
    providerId: id,
    ...(range.window ? { to: new Date(range.window.to).toISOString() } : {}),
  });
  const now = useNow(1_000);
  const lane = useMemo(() => lifeLane(id, history.data ?? []), [id, history.data]);
  const story = useMemo(() => breakerStory(history.data ?? []), [history.data]);
  const { from, to } = windowOf(range, now);
  const known = lane.spans.some((span) => span.from < to);
  return (
    <>
      <section className={`${page.section} ${page.wide}`}>
        <h2>States</h2>
        {history.isPending ? <Loading label="Loading states" rows={2} rowHeight={26} /> : null}
        {history.error ? (
          <Failed
            title="The states could not be loaded"
            error={history.error}
            onRetry={() => void history.refetch()}
          />
        ) : null}
        {history.data && !known ? (
          <p className={classes.none}>Nothing had happened until then.</p>
        ) : null}
        {history.data && known ? (
          <div className={classes.timeline}>
            <Timeline
              label={`States of ${id}`}
              lanes={[lane]}
              key={range.label}
              all={{ from, to: range.window ? to : now + (to - from) * 0.01 }}
              now={now}
            />
          </div>
        ) : null}
      </section>
      <Breaker detail={detail} story={story} now={now} />
    </>
  );
}

type BreakerProps = Props & { story: readonly Transition[]; now: number };

const shownTransitions = 5;

function Breaker({ detail, story, now }: BreakerProps) {
  const id = detail.provider_id;
  const state = useProvider(id)?.circuit_state ?? detail.circuit_state;
  const failures = detail.health.consecutive_failures;
  const since = story[0]?.at;
  const shown = state.replace('_', '-');
  return (
    <section className={page.section}>
      <h2>Circuit breaker</h2>
      <div className={classes.breaker}>
        <BreakerSwitch state={state} label={`Circuit breaker of ${id}`}>
          {since !== undefined && story[0]?.to === shown
            ? `for ${formatDuration(Math.max(0, Math.floor((now - since) / 1_000) * 1_000))}`
            : means[state]}
        </BreakerSwitch>
        <p className={classes.failures}>
          {failures === 0
            ? 'No failed check in a row'
            : `${plural(failures, 'check')} failed in a row`}
          {failures > 0 ? (
            <span> of {detail.configuration.max_consecutive_failures} that make it degraded</span>
          ) : null}
        </p>
      </div>
      {story.length > 0 ? (
        <ol className={classes.story} aria-label="Changes of the breaker">
          {story.slice(0, shownTransitions).map((one) => (
            <li key={one.key}>
              {one.from} → {one.to}
              <span className="muted num">{formatAgo(one.at, now)}</span>
            </li>
          ))}
        </ol>
      ) : null}
    </section>
  );
}

const means = {
  closed: 'calls go through',
  open: 'calls are refused at once',
  half_open: 'one call is let through to try',
} as const;
