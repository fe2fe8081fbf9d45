import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { LogLine } from '../../api/types';
import type { FeedRow } from '../../hooks/feed';
import { formatClock } from '../../ui/format';
import { levelOf, plain, split } from './lines';
import classes from './Logs.module.css';

type Props = {
  rows: readonly FeedRow<LogLine>[];
  search: string;
  wrap: boolean;
  follow: boolean;
  onLeaveEnd: () => void;
  onJumpToEnd: () => void;
};

const lineHeight = 20;

/** Only the visible lines exist. Following keeps the end in sight; scrolling up by hand lets go of it. */
export function LogList({ rows, search, wrap, follow, onLeaveEnd, onJumpToEnd }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan: 20,
    getItemKey: (index) => keyOf(rows[index], index),
  });
  const last = rows.at(-1)?.position;
  const size = virtual.getTotalSize();
  useEffect(() => {
    const element = scroller.current;
    if (follow && element) element.scrollTop = element.scrollHeight;
  }, [follow, last, size]);

  return (
    <div className={classes.frame}>
      <div
        ref={scroller}
        className={classes.list}
        data-wrap={wrap || undefined}
        role="log"
        aria-label="Log lines"
        aria-live="off"
        tabIndex={0}
        onWheel={(event) => {
          if (follow && event.deltaY < 0) onLeaveEnd();
        }}
        onKeyDown={(event) => {
          if (follow && ['ArrowUp', 'PageUp', 'Home'].includes(event.key)) onLeaveEnd();
        }}
      >
        <div className={classes.lines} style={{ height: size }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            return (
              <div
                key={item.key}
                ref={wrap ? virtual.measureElement : null}
                data-index={item.index}
                className={classes.row}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                {row.kind === 'gap' ? (
                  <span className={classes.gap}>
                    {row.gap.dropped ?? 'Some'} lines were dropped here: they came faster than this
                    page read them
                  </span>
                ) : (
                  <Line line={row.value} search={search} />
                )}
              </div>
            );
          })}
        </div>
      </div>
      {follow ? null : (
        <button type="button" className={classes.jump} onClick={onJumpToEnd}>
          Jump to the end
        </button>
      )}
    </div>
  );
}

const keyOf = (row: FeedRow<LogLine> | undefined, index: number) =>
  row ? `${row.kind}${row.position}` : index;

function Line({ line, search }: { line: LogLine; search: string }) {
  const text = plain(line.line);
  return (
    <>
      <span className={classes.time}>{formatClock(line.timestamp)}</span>
      <span className={classes.text} data-level={levelOf(text) ?? undefined}>
        {split(text, search).map((part, i) => (i % 2 === 1 ? <mark key={i}>{part}</mark> : part))}
      </span>
    </>
  );
}
