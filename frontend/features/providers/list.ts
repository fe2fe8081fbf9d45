/** What the list shows, as pure functions of the picture and the URL. */
import { byText, parseOrder, type Order } from '../../hooks/useListView';
import type { ProviderActivity } from '../../api/types';
import type { UrlState } from '../../hooks/useUrlState';
import type { FleetProvider } from '../../store/reduce';
import { parseState, providerStates, type ProviderState } from '../../store/states';

export const sortKeys = [
  'name',
  'state',
  'group',
  'mode',
  'source',
  'tools',
  'rate',
  'errors',
  'p95',
  'in_flight',
  'starts',
  'calls',
  'failures',
  'last_call',
] as const;
export type SortKey = (typeof sortKeys)[number];

/** What is known of providers beside the picture of the fleet. */
export type Beside = {
  activity: ReadonlyMap<string, ProviderActivity>;
  groups: ReadonlyMap<string, readonly string[]>;
};

const nothing: Beside = { activity: new Map(), groups: new Map() };

export type ListView = {
  text: string;
  states: ProviderState[];
  modes: string[];
  groups: string[];
  sources: string[];
  /** Only what wants a person's attention. */
  faults: boolean;
  order: Order<SortKey>;
};

const words = (text: string | undefined) => (text ?? '').split(',').filter((word) => word !== '');

export function parseView(url: UrlState): ListView {
  return {
    text: url.q ?? '',
    states: (url.state ?? '').split(',').flatMap((word) => parseState(word) ?? []),
    modes: words(url.mode),
    groups: words(url.group),
    sources: words(url.source),
    faults: url.faults === '1',
    order: parseOrder(url, sortKeys),
  };
}

export function countByState(providers: readonly FleetProvider[]): Map<ProviderState, number> {
  const counts = new Map<ProviderState, number>(providerStates.map((state) => [state, 0]));
  for (const { state } of providers) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

/** How many providers there are of each value, most first. */
export function facet(
  providers: readonly FleetProvider[],
  valuesOf: (one: FleetProvider) => readonly string[],
): { key: string; label: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const one of providers) {
    for (const value of valuesOf(one)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts]
    .map(([key, count]) => ({ key, label: key, count }))
    .sort((a, b) => b.count - a.count || byText(a.key, b.key));
}

export const isFault = ({ status }: FleetProvider): boolean =>
  status.level === 'error' || status.level === 'warn';

/** The filter's matches in order. Text is looked for in name, description and mode. */
export function select(
  providers: readonly FleetProvider[],
  view: ListView,
  beside: Beside = nothing,
): FleetProvider[] {
  const needle = view.text.trim().toLowerCase();
  const found = providers.filter(
    (one) =>
      (view.states.length === 0 || view.states.includes(one.state)) &&
      (view.modes.length === 0 || view.modes.includes(one.mode)) &&
      (view.sources.length === 0 || view.sources.includes(one.source)) &&
      (view.groups.length === 0 ||
        (beside.groups.get(one.provider) ?? []).some((id) => view.groups.includes(id))) &&
      (!view.faults || isFault(one)) &&
      (needle === '' ||
        `${one.provider} ${one.description} ${one.mode}`.toLowerCase().includes(needle)),
  );
  const sign = view.order.descending ? -1 : 1;
  return found.sort((a, b) => sign * compare[view.order.key](a, b, beside) || byName(a, b, beside));
}

type Compare = (a: FleetProvider, b: FleetProvider, beside: Beside) => number;

const byName: Compare = (a, b) => byText(a.provider, b.provider);
const rank = (state: ProviderState) => providerStates.indexOf(state);
const time = (iso: string | null) => (iso === null ? 0 : Date.parse(iso));

/** Nothing known comes before zero. */
const figure =
  (of: (activity: ProviderActivity) => number | null): Compare =>
  (a, b, { activity }) => {
    const value = ({ provider }: FleetProvider) => {
      const known = activity.get(provider);
      return known === undefined ? -1 : (of(known) ?? -1);
    };
    return value(a) - value(b);
  };

const compare: Record<SortKey, Compare> = {
  group: (a, b, { groups }) =>
    byText((groups.get(a.provider) ?? []).join(), (groups.get(b.provider) ?? []).join()),
  mode: (a, b) => byText(a.mode, b.mode),
  source: (a, b) => byText(a.source, b.source),
  rate: figure((activity) => activity.calls_per_minute),
  errors: figure((activity) => activity.error_percent),
  p95: figure((activity) => activity.p95_ms),
  in_flight: figure((activity) => activity.in_flight),
  starts: figure((activity) => activity.starts),
  name: byName,
  state: (a, b) => rank(a.state) - rank(b.state),
  tools: (a, b) => a.tools_count - b.tools_count,
  calls: (a, b) => a.calls_total - b.calls_total,
  failures: (a, b) => a.calls_failed - b.calls_failed,
  last_call: (a, b) => time(a.last_call_at) - time(b.last_call_at),
};
