/** Where nodes stand: fixed columns, and in each an order that keeps edges short. Position has meaning and does not wobble. */
import type { Edge, Graph, Node } from './graph';

export type Placed = Node & { y: number };
export type Layout = { nodes: Placed[]; height: number };

export const rowHeight = 38;
const top = 12;

/**
 * Groups stand in their own order; a provider stands at the mean place of those that reach it (barycentre), its own order
 * among equals. Shorter columns are centred on what they lead to.
 */
export function layout({ nodes, edges }: Graph): Layout {
  const columns = [0, 1, 2].map((column) => nodes.filter((node) => node.column === column));
  const [first = [], second = [], third = []] = columns;
  const rank = new Map(second.map((node, i) => [node.id, i]));
  const sources = sourcesOf(edges);
  const centre = (node: Node) => {
    const places = (sources.get(node.id) ?? []).flatMap((id) => rank.get(id) ?? []);
    // What only callers reach stands below everything that a group reaches.
    if (places.length === 0) return second.length;
    return places.reduce((sum, place) => sum + place, 0) / places.length;
  };
  const centres = new Map(third.map((node) => [node.id, centre(node)]));
  const ordered = third
    .map((node, i) => ({ node, i }))
    .sort((a, b) => (centres.get(a.node.id) ?? 0) - (centres.get(b.node.id) ?? 0) || a.i - b.i)
    .map(({ node }) => node);

  const y = new Map<string, number>();
  ordered.forEach((node, i) => y.set(node.id, top + i * rowHeight));
  spread(second, y, edges);
  spread(first, y, edges);
  const placed = [...first, ...second, ...ordered].map((node) => ({
    ...node,
    y: y.get(node.id) ?? top,
  }));
  const height = Math.max(0, ...placed.map((node) => node.y)) + rowHeight + top;
  return { nodes: placed, height };
}

function sourcesOf(edges: readonly Edge[]): Map<string, string[]> {
  const sources = new Map<string, string[]>();
  for (const edge of edges) sources.set(edge.to, [...(sources.get(edge.to) ?? []), edge.from]);
  return sources;
}

/** Puts a column beside the middle of what each of its nodes leads to, in order and without overlaps. */
function spread(column: readonly Node[], y: Map<string, number>, edges: readonly Edge[]) {
  const middle = new Map<string, number>();
  for (const node of column) {
    const places = edges
      .filter((edge) => edge.from === node.id)
      .flatMap((edge) => y.get(edge.to) ?? []);
    middle.set(node.id, places.length === 0 ? 0 : (Math.min(...places) + Math.max(...places)) / 2);
  }
  let next = top;
  for (const node of column) {
    const at = Math.max(next, middle.get(node.id) ?? top);
    y.set(node.id, at);
    next = at + rowHeight;
  }
}
