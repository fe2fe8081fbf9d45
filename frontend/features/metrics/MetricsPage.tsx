import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { getHistory, spanOf, type HistoryQuery, type Span } from '../../api/calls';
import { keys } from '../../api/keys';
import type { MetricsHistory } from '../../api/types';
import { windowPatch } from '../../hooks/range';
import { useRange } from '../../hooks/useRange';
import { useUrlState } from '../../hooks/useUrlState';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { ProviderPicker } from '../../parts/ProviderPicker';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { formatDuration, formatNumber } from '../../ui/format';
import { Heatmap, type HeatCell } from '../../ui/Heatmap';
import { LineChart } from '../../ui/LineChart';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { Signal } from '../../ui/Signal';
import classes from './MetricsPage.module.css';
import { lineOf, partOf, pointFields, sumOf, topOf } from './series';

const metrics = [
  'tool_calls_total',
  'tool_call_errors_total',
  'tool_call_duration_seconds',
  'tool_call_duration_seconds_p50',
  'tool_call_duration_seconds_p95',
  'tool_call_duration_seconds_p99',
  'cold_starts_total',
  'provider_start_failures_total',
  'health_checks_total',
  'health_check_failures_total',
];

const lookEveryMs = 10_000;
/** Lines of a chart by provider, the rest together. */
const named = 4;

function useHistory(query: HistoryQuery) {
  return useQuery({
    queryKey: keys.history(query),
    queryFn: ({ signal }) => getHistory(query, signal),
    refetchInterval: lookEveryMs,
    placeholderData: (before) => before,
  });
}

export function MetricsPage() {
  const [url, setUrl] = useUrlState();
  const { range } = useRange();
  const provider = url.provider ?? '';
  const span = spanOf(range);
  const query = { ...span, metrics, provider };
  const history = useHistory(query);
  return (
    <>
      <PageHeader title="Metrics" aside={provider === '' ? 'the whole fleet' : provider} />
      <FilterBar
        end={
          <>
            <CurlButton
              requests={[{ method: 'GET', path: pathOf(query) }]}
              label="Copy the history as curl"
            />
            <ExportMenu what="metrics" rows={history.data?.points ?? []} fields={pointFields} />
          </>
        }
      >
        <ProviderPicker
          value={provider}
          onChange={(next) => {
            setUrl({ provider: next }, { push: true });
          }}
        />
      </FilterBar>
      {history.isPending ? <Loading label="Loading metrics" rows={6} rowHeight={96} /> : null}
      {history.error && !history.data ? (
        <Failed
          title="The history could not be loaded"
          error={history.error}
          onRetry={() => void history.refetch()}
        />
      ) : null}
      {history.data?.count === 0 ? (
        <EmptyState title="Nothing happened in this time">
          Calls, starts and health checks are counted in steps of ten seconds, and appear here as
          they happen.
        </EmptyState>
      ) : null}
      {history.data && history.data.count > 0 ? (
        <Charts history={history.data} provider={provider} span={span} />
      ) : null}
    </>
  );
}

type ChartsProps = { history: MetricsHistory; provider: string; span: Span };

const perSecond = (value: number) => `${Number(value.toPrecision(2))}/s`;
const percent = (value: number) => `${Number(value.toPrecision(2))} %`;
const count = (value: number) => formatNumber(Math.round(value * 10) / 10);

function Charts({ history, provider, span }: ChartsProps) {
  const navigate = useNavigate();
  const { points, step } = history;
  const range = { from: Date.parse(history.from), to: Date.parse(history.to) };
  const onRange = useZoom();
  const common = { range, stepMs: step * 1_000, onRange };
  const calls = sumOf(points, 'tool_calls_total');
  const errors = sumOf(points, 'tool_call_errors_total');
  const open = (cell: HeatCell) =>
    void navigate({
      to: '/calls',
      search: {
        ...(provider === '' ? {} : { provider }),
        from: new Date(cell.from).toISOString(),
        to: new Date(cell.to).toISOString(),
        ...(cell.minMs === 0 ? {} : { min: String(cell.minMs) }),
        ...(cell.maxMs === null ? {} : { max: String(cell.maxMs) }),
      },
    });
  return (
    <div className={classes.body} tabIndex={0} role="group" aria-label="Charts">
      <div className={classes.signals}>
        <Signal name="Calls" value={formatNumber(calls)} />
        <Signal name="Errors" value={calls === 0 ? '–' : percent((errors / calls) * 100)} />
        <Signal name="Cold starts" value={formatNumber(sumOf(points, 'cold_starts_total'))} />
        <Signal
          name="Failed starts"
          value={formatNumber(sumOf(points, 'provider_start_failures_total'))}
        />
        <Signal
          name="Failed checks"
          value={formatNumber(sumOf(points, 'health_check_failures_total'))}
          note={`of ${formatNumber(sumOf(points, 'health_checks_total'))}`}
        />
      </div>
      <section className={classes.charts}>
        {provider === '' ? (
          <ByProvider span={span} />
        ) : (
          <LineChart
            {...common}
            label="Calls"
            series={[lineOf(points, 'tool_calls_total', 'calls', 1 / step)]}
            format={perSecond}
          />
        )}
        <LineChart
          {...common}
          label="Errors"
          series={[partOf(points, 'tool_call_errors_total', 'tool_calls_total', 'errors')]}
          format={percent}
        />
        <LineChart
          {...common}
          label="Duration"
          series={[
            lineOf(points, 'tool_call_duration_seconds_p50', 'p50', 1_000),
            lineOf(points, 'tool_call_duration_seconds_p95', 'p95', 1_000),
            lineOf(points, 'tool_call_duration_seconds_p99', 'p99', 1_000),
          ]}
          format={(ms) => (ms === 0 ? '0' : formatDuration(ms))}
        />
        <LineChart
          {...common}
          label="Starts and failed checks"
          series={[
            lineOf(points, 'cold_starts_total', 'starts', 1),
            lineOf(points, 'provider_start_failures_total', 'failed starts', 1),
            lineOf(points, 'health_check_failures_total', 'failed checks', 1),
          ]}
          format={count}
        />
      </section>
      <section>
        <h2>How long calls took</h2>
        <Heatmap
          label="How long calls took"
          columns={points
            .filter((one) => one.metric_name === 'tool_call_duration_seconds')
            .map((one) => ({ at: one.recorded_at * 1_000, counts: one.buckets ?? [] }))}
          stepMs={step * 1_000}
          bounds={history.bucket_bounds.map((seconds) => seconds * 1_000)}
          range={range}
          onPick={open}
        />
      </section>
    </div>
  );
}

/** What is dragged over becomes the time of the page. */
function useZoom() {
  const { change } = useRange();
  return (from: number, to: number) => {
    change(windowPatch(from, to));
  };
}

function ByProvider({ span }: { span: Span }) {
  const onRange = useZoom();
  const history = useHistory({ ...span, metrics: ['tool_calls_total'], by: 'provider' });
  if (!history.data) return <Loading label="Loading calls by provider" rows={1} rowHeight={160} />;
  const { points, step, from, to } = history.data;
  return (
    <LineChart
      label="Calls by provider"
      series={topOf(points, 'tool_calls_total', named, 1 / step)}
      range={{ from: Date.parse(from), to: Date.parse(to) }}
      stepMs={step * 1_000}
      format={perSecond}
      onRange={onRange}
    />
  );
}

function pathOf(query: HistoryQuery): string {
  const params = new URLSearchParams(
    query.from && query.to
      ? { from: query.from, to: query.to }
      : { minutes: String(query.minutes) },
  );
  params.set('metric', query.metrics.join(','));
  if (query.provider) params.set('provider', query.provider);
  return `api/observability/metrics/history?${params.toString()}`;
}
