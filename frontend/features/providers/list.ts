/** What the list shows, as pure functions of the picture and the URL. */
import { byText, parseOrder, type Order } from '../../hooks/useListView';
import type { UrlState } from '../../hooks/useUrlState';
import type { FleetProvider } from '../../store/reduce';
import { parseState, providerStates, type ProviderState } from '../../store/states';

export const sortKeys = ['name', 'state', 'tools', 'calls', 'failures', 'last_call'] as const;
export type SortKey = (typeof sortKeys)[number];

export type ListView = {
  text: string;
  states: ProviderState[];
  /** Only what wants a person's attention. */
  faults: boolean;
  order: Order<SortKey>;
};

export function parseView(url: UrlState): ListView {
  return {
    text: url.q ?? '',
    states: (url.state ?? '').split(',').flatMap((word) => parseState(word) ?? []),
    faults: url.faults === '1',
    order: parseOrder(url, sortKeys),
  };
}

export function countByState(providers: readonly FleetProvider[]): Map<ProviderState, number> {
  const counts = new Map<ProviderState, number>(providerStates.map((state) => [state, 0]));
  for (const { state } of providers) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

export const isFault = ({ status }: FleetProvider): boolean =>
  status.level === 'error' || status.level === 'warn';

/** The filter's matches in order. Text is looked for in name, description and mode. */
export function select(providers: readonly FleetProvider[], view: ListView): FleetProvider[] {
  const needle = view.text.trim().toLowerCase();
  const found = providers.filter(
    (one) =>
      (view.states.length === 0 || view.states.includes(one.state)) &&
      (!view.faults || isFault(one)) &&
      (needle === '' ||
        `${one.provider} ${one.description} ${one.mode}`.toLowerCase().includes(needle)),
  );
  const sign = view.order.descending ? -1 : 1;
  return found.sort((a, b) => sign * compare[view.order.key](a, b) || byName(a, b));
}

type Compare = (a: FleetProvider, b: FleetProvider) => number;

const byName: Compare = (a, b) => byText(a.provider, b.provider);
const rank = (state: ProviderState) => providerStates.indexOf(state);
const time = (iso: string | null) => (iso === null ? 0 : Date.parse(iso));

const compare: Record<SortKey, Compare> = {
  name: byName,
  state: (a, b) => rank(a.state) - rank(b.state),
  tools: (a, b) => a.tools_count - b.tools_count,
  calls: (a, b) => a.calls_total - b.calls_total,
  failures: (a, b) => a.calls_failed - b.calls_failed,
  last_call: (a, b) => time(a.last_call_at) - time(b.last_call_at),
};
