import { describe, expect, it } from 'vitest';
import { group, member, provider } from '../../testing/factories';
import { asMermaid, callers, graphOf, reachOf } from './graph';
import { layout, rowHeight } from './layout';

const open: string[] = [];
const out = { in_rotation: false };
const pool = group.healthy(
  'pool',
  member('a', { observed_share: 0.75 }),
  member('b', { observed_share: 0.25 }),
  member('c', { ...out, observed_share: 0 }),
);

describe('the graph of the fleet', () => {
  const providers = [
    provider.ready('a', { calls_total: 90 }),
    provider.ready('b', { calls_total: 130 }),
    provider.dead('c'),
    provider.cold('alone'),
  ];
  const graph = graphOf({ providers, groups: [pool], open });
  const edge = (from: string, to: string) =>
    graph.edges.find((one) => one.from === from && one.to === to);

  it('leads from callers through groups to providers, with what went that way', () => {
    expect(edge(callers, 'group:pool')?.calls).toBe(120);
    expect(edge('group:pool', 'provider:a')?.calls).toBe(90);
    expect(edge('group:pool', 'provider:b')?.calls).toBe(30);
  });

  it('draws the direct way to a member only where it was gone', () => {
    expect(edge(callers, 'provider:a')).toBeUndefined();
    expect(edge(callers, 'provider:b')?.calls).toBe(100);
    expect(edge(callers, 'provider:alone')?.calls).toBe(0);
  });

  it('knows which ways are closed', () => {
    expect(edge('group:pool', 'provider:c')?.closed).toBe(true);
    expect(edge('group:pool', 'provider:a')?.closed).toBe(false);
    const down = graphOf({ providers, groups: [group.down('pool', member('a', out))], open });
    expect(down.edges[0]).toMatchObject({ to: 'group:pool', closed: true });
  });

  it('tells what is on a way through a node', () => {
    expect([...reachOf(graph, 'provider:a')].sort()).toEqual([callers, 'group:pool', 'provider:a']);
    expect(reachOf(graph, 'group:pool').has('provider:b')).toBe(true);
    expect(reachOf(graph, 'group:pool').has('provider:alone')).toBe(false);
  });

  it('leaves out members that are gone', () => {
    const gone = graphOf({ providers: [], groups: [pool], open });
    expect(gone.edges.map(({ to }) => to)).toEqual(['group:pool']);
  });

  it('becomes a document', () => {
    const text = asMermaid(graph);
    expect(text).toMatch(/^flowchart LR\n/);
    expect(text).toContain('-- 90 -->');
    expect(text).toContain('-. closed .->');
  });
});

describe('a thousand providers', () => {
  const providers = Array.from({ length: 1_000 }, (_, i) =>
    i % 50 === 0 ? provider.dead(`p${i}`) : provider.ready(`p${i}`, { tools_count: 3 }),
  );
  const groups = Array.from({ length: 20 }, (_, g) =>
    group.healthy(
      `g${g}`,
      ...providers.slice(g * 40, g * 40 + 40).map((one) => member(one.provider)),
    ),
  );

  it('stand in bundles by group and state, and none is lost', () => {
    const graph = graphOf({ providers, groups, open });
    expect(graph.nodes.length).toBeLessThan(120);
    const shown = graph.nodes
      .filter((node) => node.column === 2)
      .reduce((sum, node) => sum + (node.bundle ?? 1), 0);
    expect(shown).toBe(1_000);
    expect(graph.edges.length).toBeLessThan(400);
  });

  it('come out of a bundle that is opened', () => {
    const closed = graphOf({ providers, groups, open });
    const bundle = closed.nodes.find((node) => node.bundle !== undefined)!;
    const opened = graphOf({ providers, groups, open: [bundle.id] });
    expect(opened.nodes.length).toBe(closed.nodes.length + bundle.bundle! - 1);
  });

  it('never lie on each other', () => {
    const { nodes, height } = layout(graphOf({ providers, groups, open }));
    for (const column of [0, 1, 2]) {
      const places = nodes.filter((node) => node.column === column).map((node) => node.y);
      for (let i = 1; i < places.length; i += 1) {
        expect(places[i]! - places[i - 1]!).toBeGreaterThanOrEqual(rowHeight);
      }
    }
    expect(Math.max(...nodes.map((node) => node.y))).toBeLessThan(height);
  });

  it('stand beside the group that reaches them', () => {
    const { nodes } = layout(graphOf({ providers, groups, open }));
    const order = nodes.filter((node) => node.id.startsWith('bundle:g')).map((node) => node.id);
    const of = (id: string) => Number(/^bundle:g(\d+):/.exec(id)![1]);
    const ranks = order.map(of);
    const sorted = groups.map((one) => one.group_id).map((id) => Number(id.slice(1)));
    expect([...new Set(ranks)]).toEqual(sorted);
  });
});
