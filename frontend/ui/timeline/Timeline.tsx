import { ActionIcon, SegmentedControl } from '@mantine/core';
import {
  IconArrowsHorizontal,
  IconChevronLeft,
  IconChevronRight,
  IconZoomIn,
  IconZoomOut,
} from '@tabler/icons-react';
import { useId, useState, type ReactNode } from 'react';
import { formatClock } from '../format';
import type { Tone } from '../tokens';
import { useWidth } from '../useWidth';
import { shifted, tickText, timeTicks, zoomed, type Range } from './ticks';
import classes from './Timeline.module.css';
import { TimelineTable } from './TimelineTable';

export type Span = {
  key: string;
  from: number;
  /** null: it goes on. */
  to: number | null;
  tone: Tone;
  /** What it was: ready. */
  label: string;
  /** Why, and what else there is to say. */
  note?: string;
};

export type Mark = { key: string; at: number; glyph: string; label: string };

export type Lane = { key: string; label: ReactNode; name: string; spans: Span[]; marks?: Mark[] };

type Props = {
  label: string;
  lanes: readonly Lane[];
  /** The whole of what there is. */
  all: Range;
  now: number;
  /** What a span leads to: told its key when it is clicked, and as a link in the table. */
  open?: { onSpan: (key: string) => void; link: (span: Span) => ReactNode };
};

const laneHeight = 26;
const headWidth = 116;
const axisHeight = 20;

/**
 * One lane per subject, its states as spans whose colour and pattern say the same, marks on top. Zooms and moves with
 * buttons, keys (+ − ← →) or a drag over a part; the same as a table for who would rather read it.
 */
export function Timeline({ label, lanes, all, now, open }: Props) {
  const [chosen, setChosen] = useState<Range | null>(null);
  const [form, setForm] = useState('picture');
  const { ref, width } = useWidth<HTMLDivElement>();
  const range = chosen ?? all;
  const change = (next: Range) => {
    setChosen(next.to - next.from < 200 ? range : next);
  };
  return (
    <figure className={classes.timeline} aria-label={label}>
      <div className={classes.controls}>
        <SegmentedControl
          size="xs"
          aria-label={`${label} as`}
          value={form}
          onChange={setForm}
          data={[
            { value: 'picture', label: 'Timeline' },
            { value: 'table', label: 'Table' },
          ]}
        />
        {form === 'picture' ? (
          <ZoomControls range={range} onChange={change} onAll={setChosen} />
        ) : null}
      </div>
      {/* Measured in both forms, so that the picture does not start at nothing. */}
      <div ref={ref} className={classes.frame}>
        {form === 'table' ? (
          <TimelineTable label={label} lanes={lanes} now={now} link={open?.link} />
        ) : (
          <Picture
            lanes={lanes}
            range={range}
            now={now}
            width={width}
            onRange={change}
            onSpan={open?.onSpan}
          />
        )}
      </div>
    </figure>
  );
}

type ControlProps = {
  range: Range;
  onChange: (range: Range) => void;
  onAll: (range: null) => void;
};

function ZoomControls({ range, onChange, onAll }: ControlProps) {
  const control = (name: string, icon: ReactNode, run: () => void) => (
    <ActionIcon aria-label={name} title={name} onClick={run}>
      {icon}
    </ActionIcon>
  );
  return (
    <span className={classes.zoom}>
      {control('Earlier', <IconChevronLeft size={16} />, () => {
        onChange(shifted(range, -0.5));
      })}
      {control('Later', <IconChevronRight size={16} />, () => {
        onChange(shifted(range, 0.5));
      })}
      {control('Zoom in', <IconZoomIn size={16} />, () => {
        onChange(zoomed(range, 0.5, range.to));
      })}
      {control('Zoom out', <IconZoomOut size={16} />, () => {
        onChange(zoomed(range, 2, range.to));
      })}
      {control('Show all', <IconArrowsHorizontal size={16} />, () => {
        onAll(null);
      })}
    </span>
  );
}

type PictureProps = {
  lanes: readonly Lane[];
  range: Range;
  now: number;
  width: number;
  onRange: (range: Range) => void;
  onSpan: ((key: string) => void) | undefined;
};

function Picture({ lanes, range, now, width, onRange, onSpan }: PictureProps) {
  const id = useId();
  const [brush, setBrush] = useState<{ from: number; to: number } | null>(null);
  const head = width < 480 ? 0 : headWidth;
  const plot = Math.max(1, width - head);
  const height = lanes.length * laneHeight + axisHeight;
  const x = (at: number) => head + ((at - range.from) / (range.to - range.from)) * plot;
  const time = (px: number) => range.from + ((px - head) / plot) * (range.to - range.from);
  const at = (event: React.PointerEvent<SVGSVGElement>) =>
    event.clientX - event.currentTarget.getBoundingClientRect().left;

  const onKeyDown = (event: React.KeyboardEvent) => {
    const moves: Record<string, Range> = {
      '+': zoomed(range, 0.5),
      '-': zoomed(range, 2),
      ArrowLeft: shifted(range, -0.25),
      ArrowRight: shifted(range, 0.25),
    };
    const next = moves[event.key];
    if (!next) return;
    event.preventDefault();
    onRange(next);
  };

  return (
    <svg
      className={classes.picture}
      data-opens={onSpan ? true : undefined}
      width={width}
      height={height}
      role="group"
      aria-label="Drawn; + and − zoom, arrows move"
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setBrush({ from: at(event), to: at(event) });
      }}
      onPointerMove={(event) => {
        const to = at(event);
        setBrush((before) => (before ? { ...before, to } : null));
      }}
      onPointerUp={(event) => {
        if (brush && Math.abs(brush.to - brush.from) > 6) {
          onRange({
            from: time(Math.min(brush.from, brush.to)),
            to: time(Math.max(brush.from, brush.to)),
          });
        } else {
          // The picture holds the pointer, so what lies under it is looked for.
          const span = document
            .elementFromPoint(event.clientX, event.clientY)
            ?.closest('[data-key]');
          const key = span?.getAttribute('data-key');
          if (key) onSpan?.(key);
        }
        setBrush(null);
      }}
    >
      <Patterns id={id} />
      {timeTicks(range, Math.max(2, Math.floor(plot / 90))).map((tick) => (
        <g key={tick} className={classes.tick}>
          <line x1={x(tick)} x2={x(tick)} y1={0} y2={height - axisHeight} />
          <text x={x(tick)} y={height - 5}>
            {tickText(tick, range)}
          </text>
        </g>
      ))}
      <clipPath id={`${id}-plot`}>
        <rect x={head} y={0} width={plot} height={height} />
      </clipPath>
      {lanes.map((lane, i) => (
        <g key={lane.key} transform={`translate(0 ${i * laneHeight})`}>
          <line className={classes.base} x1={head} x2={width} y1={laneHeight} y2={laneHeight} />
          {head === 0 ? null : (
            <foreignObject x={0} y={0} width={head - 8} height={laneHeight}>
              <div className={classes.head}>{lane.label}</div>
            </foreignObject>
          )}
          <g clipPath={`url(#${id}-plot)`}>
            {lane.spans.map((span) => (
              <SpanMark key={span.key} span={span} id={id} x={x} now={now} range={range} />
            ))}
            {(lane.marks ?? []).map((mark) => (
              <text key={mark.key} className={classes.mark} x={x(mark.at)} y={17}>
                <title>{mark.label}</title>
                {mark.glyph}
              </text>
            ))}
          </g>
        </g>
      ))}
      {brush ? (
        <rect
          className={classes.brush}
          x={Math.min(brush.from, brush.to)}
          y={0}
          width={Math.abs(brush.to - brush.from)}
          height={height - axisHeight}
        />
      ) : null}
    </svg>
  );
}

type SpanProps = {
  span: Span;
  id: string;
  x: (at: number) => number;
  now: number;
  range: Range;
};

function SpanMark({ span, id, x, now, range }: SpanProps) {
  const to = span.to ?? now;
  if (to < range.from || span.from > range.to) return null;
  const left = x(Math.max(span.from, range.from));
  const width = Math.max(2, x(Math.min(to, range.to)) - left);
  return (
    <g className={classes.span} data-tone={span.tone} data-key={span.key}>
      <title>
        {`${span.label}, ${clock(span.from)} to ${span.to === null ? 'now' : clock(to)}${
          span.note ? `: ${span.note}` : ''
        }`}
      </title>
      <rect className={classes.fill} x={left} y={5} width={width} height={16} rx={2} />
      <rect x={left} y={5} width={width} height={16} rx={2} fill={`url(#${id}-${span.tone})`} />
      {width > 6.4 * span.label.length + 14 ? (
        <text className={classes.word} x={left + 7} y={17}>
          {span.label}
        </text>
      ) : null}
    </g>
  );
}

const clock = (at: number) => formatClock(new Date(at).toISOString());

/** The patterns of the states (tokens): what the colour says, for those who do not see it. */
function Patterns({ id }: { id: string }) {
  const tile = { patternUnits: 'userSpaceOnUse', width: 6, height: 6 } as const;
  return (
    <defs className={classes.patterns}>
      <pattern id={`${id}-idle`} {...tile} />
      <pattern id={`${id}-good`} {...tile} />
      <pattern id={`${id}-busy`} {...tile} patternTransform="rotate(45)">
        <rect width="2" height="6" />
      </pattern>
      <pattern id={`${id}-warn`} {...tile}>
        <circle cx="2" cy="2" r="1" />
      </pattern>
      <pattern id={`${id}-bad`} {...tile}>
        <path d="M0 0 6 6M6 0 0 6" />
      </pattern>
    </defs>
  );
}
