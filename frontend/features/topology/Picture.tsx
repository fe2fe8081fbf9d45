import { ActionIcon } from '@mantine/core';
import { IconFocus2 } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { memo, useMemo, useState } from 'react';
import { plural } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import { useWidth } from '../../ui/useWidth';
import { reachOf, type Edge, type Graph } from './graph';
import { layout, type Placed } from './layout';
import classes from './TopologyPage.module.css';

type Props = {
  graph: Graph;
  focus: string;
  onFocus: (id: string) => void;
  onOpen: (bundle: string) => void;
};

const titles = ['Callers', 'Groups', 'Providers'] as const;
const nodeHeight = 30;
/** Below this the picture scrolls sideways rather than squeezing its words. */
const leastWidth = 640;

/** Columns of links with lines behind them. What is not on a way through the node in focus steps back. */
export function Picture({ graph, focus, onFocus, onOpen }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const [pointed, setPointed] = useState('');
  const { nodes, height } = useMemo(() => layout(graph), [graph]);
  const at = pointed || focus;
  const reach = useMemo(
    () => (graph.nodes.some((node) => node.id === at) ? reachOf(graph, at) : null),
    [graph, at],
  );
  const whole = Math.max(leastWidth, width);
  const columns = useMemo(() => columnsOf(whole), [whole]);
  const place = useMemo(() => new Map(nodes.map((node) => [node.id, node])), [nodes]);
  return (
    <div ref={ref} className={classes.frame} tabIndex={0} role="group" aria-label="Topology">
      <div className={classes.canvas} style={{ width: whole }}>
        <div className={classes.heads} aria-hidden="true">
          {titles.map((title, i) => (
            <span key={title} style={{ left: columns[i]?.x, width: columns[i]?.width }}>
              {title}
            </span>
          ))}
        </div>
        <div className={classes.plot} style={{ height }}>
          <svg className={classes.lines} width={whole} height={height} aria-hidden="true">
            {graph.edges.map((edge) => (
              <Line
                key={`${edge.from} ${edge.to}`}
                edge={edge}
                path={pathOf(place.get(edge.from), place.get(edge.to), columns)}
                dim={reach !== null && !(reach.has(edge.from) && reach.has(edge.to))}
              />
            ))}
          </svg>
          {titles.map((title, column) => (
            <ul key={title} aria-label={title}>
              {nodes
                .filter((node) => node.column === column)
                .map((node) => (
                  <NodeBox
                    key={node.id}
                    node={node}
                    x={columns[column]?.x ?? 0}
                    width={columns[column]?.width ?? 0}
                    dim={reach !== null && !reach.has(node.id)}
                    focused={node.id === focus}
                    reaches={reachWords(graph, node.id)}
                    onPoint={setPointed}
                    onFocus={onFocus}
                    onOpen={onOpen}
                  />
                ))}
            </ul>
          ))}
        </div>
      </div>
    </div>
  );
}

type Column = { x: number; width: number };

function columnsOf(width: number): Column[] {
  const gap = Math.max(90, width * 0.13);
  const inner = width - 48 - 2 * gap;
  const first = Math.min(160, inner * 0.24);
  const rest = (inner - first) / 2;
  return [
    { x: 24, width: first },
    { x: 24 + first + gap, width: rest },
    { x: 24 + first + rest + 2 * gap, width: rest },
  ];
}

function pathOf(
  from: Placed | undefined,
  to: Placed | undefined,
  columns: readonly Column[],
): string {
  const left = from && columns[from.column];
  const right = to && columns[to.column];
  if (!left || !right) return '';
  const [x1, y1] = [left.x + left.width, from.y + nodeHeight / 2];
  const [x2, y2] = [right.x, to.y + nodeHeight / 2];
  const bend = (x2 - x1) / 2;
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

type LineProps = { edge: Edge; path: string; dim: boolean };

const Line = memo(function Line({ edge, path, dim }: LineProps) {
  const kind = edge.closed ? classes.closed : edge.calls > 0 ? classes.used : classes.unused;
  return (
    <path
      className={kind}
      d={path}
      strokeWidth={edge.calls > 0 ? 1 + Math.log10(1 + edge.calls) * 1.6 : 1}
      data-dim={dim || undefined}
    />
  );
});

function reachWords({ edges }: Graph, id: string): string {
  const out = edges.filter((edge) => edge.from === id);
  const inside = edges.filter((edge) => edge.to === id);
  const calls = inside.reduce((sum, edge) => sum + edge.calls, 0);
  return [
    out.length > 0 ? `leads to ${out.length}` : '',
    inside.length > 0 ? plural(calls, 'call') : '',
  ]
    .filter(Boolean)
    .join(', ');
}

type NodeProps = {
  node: Placed;
  x: number;
  width: number;
  dim: boolean;
  focused: boolean;
  reaches: string;
  onPoint: (id: string) => void;
  onFocus: (id: string) => void;
  onOpen: (id: string) => void;
};

function NodeBox({ node, x, width, dim, focused, reaches, ...on }: NodeProps) {
  const inside = (
    <>
      {node.tone ? (
        <span className={classes.mark} data-tone={node.tone}>
          <Glyph tone={node.tone} size={10} />
        </span>
      ) : null}
      <span className={classes.label}>{node.label}</span>
      <span className={classes.note}>{node.note}</span>
      {reaches === '' ? null : <span className="visually-hidden">, {reaches}</span>}
    </>
  );
  return (
    <li
      className={classes.node}
      style={{ top: node.y, left: x, width, height: nodeHeight }}
      data-dim={dim || undefined}
      data-focused={focused || undefined}
      data-tone={node.tone ?? undefined}
      onPointerEnter={() => {
        on.onPoint(node.id);
      }}
      onPointerLeave={() => {
        on.onPoint('');
      }}
      onFocus={() => {
        on.onPoint(node.id);
      }}
      onBlur={() => {
        on.onPoint('');
      }}
    >
      {node.bundle !== undefined ? (
        <button
          type="button"
          className={classes.face}
          aria-expanded="false"
          onClick={() => {
            on.onOpen(node.id);
          }}
        >
          {inside}
        </button>
      ) : node.to ? (
        <Link {...node.to} className={classes.face}>
          {inside}
        </Link>
      ) : (
        <span className={classes.face}>{inside}</span>
      )}
      <ActionIcon
        size={24}
        className={classes.pin}
        aria-label={`Only what is on a way through ${node.label}`}
        title="Only what is on a way through it"
        aria-pressed={focused}
        onClick={() => {
          on.onFocus(node.id);
        }}
      >
        <IconFocus2 size={15} />
      </ActionIcon>
    </li>
  );
}
