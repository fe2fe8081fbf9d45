/** Who reaches whom: from the picture of the fleet to nodes in columns and edges between them. */
import type { Group } from '../../api/types';
import { byText } from '../../hooks/useListView';
import type { Destination } from '../../parts/actions/action';
import type { FleetProvider } from '../../store/reduce';
import { providerStates, stateTone, type ProviderState } from '../../store/states';
import { formatNumber, plural } from '../../ui/format';
import type { Tone } from '../../ui/tokens';

export type Node = {
  id: string;
  /** 0 callers, 1 groups, 2 providers. */
  column: 0 | 1 | 2;
  label: string;
  note: string;
  tone: Tone | null;
  to?: Destination;
  /** Stands for so many providers; opens in place. */
  bundle?: number;
};

export type Edge = {
  from: string;
  to: string;
  /** As far as it is known; 0: it could be used, and was not. */
  calls: number;
  /** No call goes this way at the moment. */
  closed: boolean;
};

export type Graph = { nodes: Node[]; edges: Edge[] };

export const callers = 'callers';
const groupId = (id: string) => `group:${id}`;
const providerId = (id: string) => `provider:${id}`;

/** From so many providers on, those of one group in one state stand together. */
const bundleFrom = 120;
/** Fewer of them are not worth hiding. */
const leastInBundle = 4;

type Input = {
  providers: readonly FleetProvider[];
  groups: readonly Group[];
  /** Bundles that are open. */
  open: readonly string[];
};

export function graphOf({ providers, groups, open }: Input): Graph {
  const known = new Map(providers.map((one) => [one.provider, one]));
  const viaGroups = callsThroughGroups(groups);
  const homes = homesOf(groups);
  const sorted = [...groups].sort((a, b) => byText(a.group_id, b.group_id));
  const placed = place(providers, homes, open);

  const edges: Edge[] = sorted.map((group) => ({
    from: callers,
    to: groupId(group.group_id),
    calls: group.recent_calls,
    closed: !group.is_available,
  }));
  for (const group of sorted) {
    for (const member of group.members) {
      if (!known.has(member.id)) continue;
      edges.push({
        from: groupId(group.group_id),
        to: placed.get(member.id)?.id ?? providerId(member.id),
        calls: Math.round(group.recent_calls * member.observed_share),
        closed: !member.in_rotation || member.circuit_breaker_state === 'open',
      });
    }
  }
  for (const one of providers) {
    const direct = Math.max(0, one.calls_total - (viaGroups.get(one.provider) ?? 0));
    // Everyone can be called directly; where a group stands in front, that is only drawn when it happens.
    if (homes.has(one.provider) && direct === 0) continue;
    edges.push({
      from: callers,
      to: placed.get(one.provider)?.id ?? providerId(one.provider),
      calls: direct,
      closed: one.disabled !== null || one.circuit_state === 'open',
    });
  }

  const total = providers.reduce((sum, one) => sum + one.calls_total, 0);
  const nodes: Node[] = [
    {
      id: callers,
      column: 0,
      label: 'All callers',
      note: plural(total, 'call'),
      tone: null,
    },
    ...sorted.map(groupNode),
    ...new Map([...placed.values()].map((node) => [node.id, node])).values(),
  ];
  return { nodes, edges: joined(edges) };
}

function callsThroughGroups(groups: readonly Group[]): Map<string, number> {
  const calls = new Map<string, number>();
  for (const group of groups) {
    for (const member of group.members) {
      const own = Math.round(group.recent_calls * member.observed_share);
      calls.set(member.id, (calls.get(member.id) ?? 0) + own);
    }
  }
  return calls;
}

const homesOf = (groups: readonly Group[]) => {
  const homes = new Map<string, string>();
  for (const group of groups) {
    for (const member of group.members) {
      if (!homes.has(member.id)) homes.set(member.id, group.group_id);
    }
  }
  return homes;
};

const groupTones = { healthy: 'good', partial: 'warn', degraded: 'bad', inactive: 'idle' } as const;

const groupNode = (group: Group): Node => ({
  id: groupId(group.group_id),
  column: 1,
  label: group.group_id,
  note: `${group.healthy_count} of ${group.total_members}`,
  tone: !group.is_available && group.total_members > 0 ? 'bad' : groupTones[group.state],
  to: { to: '/groups/$id', params: { id: group.group_id } },
});

const providerNode = (one: FleetProvider): Node => ({
  id: providerId(one.provider),
  column: 2,
  label: one.provider,
  note: plural(one.tools_count, 'tool'),
  tone: stateTone[one.state],
  to: { to: '/providers/$id', params: { id: one.provider } },
});

/** The node that each provider is in: its own, or a bundle's. */
function place(
  providers: readonly FleetProvider[],
  homes: ReadonlyMap<string, string>,
  open: readonly string[],
): Map<string, Node> {
  const buckets = new Map<string, FleetProvider[]>();
  const ranked = [...providers].sort(
    (a, b) =>
      providerStates.indexOf(a.state) - providerStates.indexOf(b.state) ||
      byText(a.provider, b.provider),
  );
  for (const one of ranked) {
    const key = `bundle:${homes.get(one.provider) ?? ''}:${one.state}`;
    const bucket = buckets.get(key);
    if (bucket) bucket.push(one);
    else buckets.set(key, [one]);
  }
  const placed = new Map<string, Node>();
  for (const [id, members] of buckets) {
    const whole =
      providers.length >= bundleFrom && members.length >= leastInBundle && !open.includes(id);
    const bundle = whole ? bundleNode(id, members) : null;
    for (const one of members) placed.set(one.provider, bundle ?? providerNode(one));
  }
  return placed;
}

function bundleNode(id: string, members: readonly FleetProvider[]): Node {
  const state: ProviderState = members[0]?.state ?? 'cold';
  return {
    id,
    column: 2,
    label: `${formatNumber(members.length)} ${state}`,
    note: plural(
      members.reduce((sum, one) => sum + one.tools_count, 0),
      'tool',
    ),
    tone: stateTone[state],
    bundle: members.length,
  };
}

/** Several edges between the same two nodes are one: closed only when all of them are. */
function joined(edges: readonly Edge[]): Edge[] {
  const found = new Map<string, Edge>();
  for (const edge of edges) {
    const key = `${edge.from} ${edge.to}`;
    const before = found.get(key);
    found.set(
      key,
      before
        ? { ...before, calls: before.calls + edge.calls, closed: before.closed && edge.closed }
        : edge,
    );
  }
  return [...found.values()];
}

/** Everything on a way through this node, itself included. */
export function reachOf({ edges }: Graph, id: string): Set<string> {
  const reach = new Set([id]);
  const walk = (from: 'from' | 'to', to: 'from' | 'to') => {
    const queue = [id];
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      for (const edge of edges) {
        if (edge[from] !== at || reach.has(edge[to])) continue;
        reach.add(edge[to]);
        queue.push(edge[to]);
      }
    }
  };
  walk('from', 'to');
  walk('to', 'from');
  return reach;
}

/** For a document: https://mermaid.js.org/syntax/flowchart.html */
export function asMermaid({ nodes, edges }: Graph): string {
  const names = new Map(nodes.map((node, i) => [node.id, `n${i}`]));
  const lines = nodes.map(
    (node) => `  ${names.get(node.id) ?? ''}["${node.label.replaceAll('"', '#quot;')}"]`,
  );
  const arrows = edges.map((edge) => {
    const arrow = edge.closed ? '-. closed .->' : edge.calls > 0 ? `-- ${edge.calls} -->` : '-.->';
    return `  ${names.get(edge.from) ?? ''} ${arrow} ${names.get(edge.to) ?? ''}`;
  });
  return ['flowchart LR', ...lines, ...arrows, ''].join('\n');
}
