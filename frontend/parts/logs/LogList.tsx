import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useImperativeHandle, useRef, type Ref } from 'react';
import type { LogLine } from '../../api/types';
import { formatClock } from '../../ui/format';
import { levelOf, plain } from './lines';
import classes from './Logs.module.css';
import { pieces, type Matcher, type ShownRow } from './search';

export type LogListHandle = { scrollTo: (index: number) => void };

type Props = {
  ref?: Ref<LogListHandle>;
  rows: readonly ShownRow[];
  matcher: Matcher;
  /** Providers in the order of their marks; one alone needs no name. */
  names: readonly string[];
  wrap: boolean;
  follow: boolean;
  /** The match that one has stepped to. */
  current: number | null;
  onLeaveEnd: () => void;
  onJumpToEnd: () => void;
};

const lineHeight = 20;

/** Only the visible lines exist. Following keeps the end in sight; scrolling up by hand lets go of it. */
export function LogList({ ref, rows, matcher, names, wrap, follow, current, ...on }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan: 20,
    getItemKey: (index) => rows[index]?.key ?? index,
  });
  const last = rows.at(-1)?.key;
  const size = virtual.getTotalSize();
  useEffect(() => {
    const element = scroller.current;
    if (follow && element) element.scrollTop = element.scrollHeight;
  }, [follow, last, size]);
  useImperativeHandle(ref, () => ({
    scrollTo: (index) => {
      virtual.scrollToIndex(index, { align: 'center' });
    },
  }));

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
          if (follow && event.deltaY < 0) on.onLeaveEnd();
        }}
        onKeyDown={(event) => {
          if (follow && ['ArrowUp', 'PageUp', 'Home'].includes(event.key)) on.onLeaveEnd();
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
                data-current={item.index === current || undefined}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Row row={row} matcher={matcher} names={names} />
              </div>
            );
          })}
        </div>
      </div>
      {follow ? null : (
        <button type="button" className={classes.jump} onClick={on.onJumpToEnd}>
          Jump to the end
        </button>
      )}
    </div>
  );
}

type RowProps = { row: ShownRow; matcher: Matcher; names: readonly string[] };

function Row({ row, matcher, names }: RowProps) {
  if (row.skipped !== undefined) {
    return <span className={classes.skipped}>{row.skipped} lines without a match</span>;
  }
  const name =
    names.length > 1 ? (
      <span className={classes.name} data-mark={names.indexOf(row.provider) % 5}>
        {row.provider}
      </span>
    ) : null;
  if (row.row.kind === 'gap') {
    return (
      <>
        {name}
        <span className={classes.gap}>
          {row.row.gap.dropped ?? 'Some'} lines were dropped here: they came faster than this page
          read them
        </span>
      </>
    );
  }
  return <Line line={row.row.value} matcher={matcher} name={name} />;
}

type LineProps = { line: LogLine; matcher: Matcher; name: React.ReactNode };

function Line({ line, matcher, name }: LineProps) {
  const text = plain(line.line);
  return (
    <>
      <span className={classes.time}>{formatClock(line.timestamp)}</span>
      {name}
      <span className={classes.text} data-level={levelOf(text) ?? undefined}>
        {pieces(text, matcher).map((part, i) => (i % 2 === 1 ? <mark key={i}>{part}</mark> : part))}
      </span>
    </>
  );
}
