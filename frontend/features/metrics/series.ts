/** From points of the history to the lines of charts. */
import type { MetricsHistory } from '../../api/types';
import type { Series } from '../../ui/LineChart';
import type { Field } from '../../ui/table';

type Point = MetricsHistory['points'][number];

const at = (point: Point) => point.recorded_at * 1_000;

/** One line of a metric, scaled. */
export function lineOf(
  points: readonly Point[],
  metric: string,
  name: string,
  scale: number,
): Series {
  return {
    name,
    points: points
      .filter((point) => point.metric_name === metric)
      .map((point) => ({ at: at(point), value: point.value * scale })),
  };
}

/** What part of one total another one is, in percent; where nothing happened there is no part. */
export function partOf(
  points: readonly Point[],
  part: string,
  whole: string,
  name: string,
): Series {
  const parts = new Map(
    points.filter((one) => one.metric_name === part).map((one) => [one.recorded_at, one.value]),
  );
  return {
    name,
    points: points
      .filter((one) => one.metric_name === whole && one.value > 0)
      .map((one) => ({
        at: at(one),
        value: ((parts.get(one.recorded_at) ?? 0) / one.value) * 100,
      })),
  };
}

/** The busiest lines by provider, and all others as one. */
export function topOf(
  points: readonly Point[],
  metric: string,
  most: number,
  scale: number,
): Series[] {
  const byProvider = new Map<string, Point[]>();
  for (const point of points) {
    if (point.metric_name !== metric) continue;
    byProvider.set(point.provider_id, [...(byProvider.get(point.provider_id) ?? []), point]);
  }
  const total = (list: readonly Point[]) => list.reduce((sum, one) => sum + one.value, 0);
  const ranked = [...byProvider].sort(([, a], [, b]) => total(b) - total(a));
  const named = ranked.slice(0, most).map(([name, list]) => lineOf(list, metric, name, scale));
  const rest = ranked.slice(most).flatMap(([, list]) => list);
  if (rest.length === 0) return named;
  const sums = new Map<number, number>();
  for (const one of rest) sums.set(one.recorded_at, (sums.get(one.recorded_at) ?? 0) + one.value);
  return [
    ...named,
    {
      name: 'other',
      points: [...sums]
        .sort(([a], [b]) => a - b)
        .map(([seconds, value]) => ({ at: seconds * 1_000, value: value * scale })),
    },
  ];
}

export const sumOf = (points: readonly Point[], metric: string): number =>
  points.filter((one) => one.metric_name === metric).reduce((sum, one) => sum + one.value, 0);

export const pointFields: readonly Field<Point>[] = [
  { name: 'recorded_at', value: (one) => new Date(at(one)).toISOString() },
  { name: 'metric_name', value: (one) => one.metric_name },
  { name: 'provider_id', value: (one) => one.provider_id },
  { name: 'value', value: (one) => one.value },
];
