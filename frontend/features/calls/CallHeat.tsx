import { useQuery } from '@tanstack/react-query';
import { getHistory, type Span } from '../../api/calls';
import { keys } from '../../api/keys';
import { Failed } from '../../parts/Failed';
import { Heatmap, type HeatCell } from '../../ui/Heatmap';
import classes from './CallsPage.module.css';

type Props = {
  span: Span;
  provider: string;
  live: boolean;
  onPick: (cell: HeatCell) => void;
};

const metrics = ['tool_call_duration_seconds'];
const lookEveryMs = 10_000; // the finest step of the history

/** How long calls took over time, as the server has counted them. */
export function CallHeat({ span, provider, live, onPick }: Props) {
  const query = { ...span, metrics, provider };
  const history = useQuery({
    queryKey: keys.history(query),
    queryFn: ({ signal }) => getHistory(query, signal),
    refetchInterval: live ? lookEveryMs : false,
    placeholderData: (before) => before,
  });
  if (history.error && !history.data) {
    return (
      <Failed
        title="The history could not be loaded"
        error={history.error}
        onRetry={() => void history.refetch()}
      />
    );
  }
  const columns = (history.data?.points ?? []).map((point) => ({
    at: point.recorded_at * 1_000,
    counts: point.buckets ?? [],
  }));
  if (!history.data || columns.length === 0) return null;
  const { from, to, step, bucket_bounds: bounds } = history.data;
  return (
    <div className={classes.heat}>
      <Heatmap
        label="How long calls took"
        columns={columns}
        stepMs={step * 1_000}
        bounds={bounds.map((seconds) => seconds * 1_000)}
        range={{ from: Date.parse(from), to: Date.parse(to) }}
        onPick={onPick}
      />
    </div>
  );
}
