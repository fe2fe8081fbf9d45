import { formatDateTime, formatDuration } from '../format';
import { ToneBadge } from '../ToneBadge';
import type { ReactNode } from 'react';
import type { Lane, Span } from './Timeline';
import classes from './Timeline.module.css';

type Props = {
  label: string;
  lanes: readonly Lane[];
  now: number;
  link?: ((span: Span) => ReactNode) | undefined;
};

/** What the picture shows, in words: newest first. */
export function TimelineTable({ label, lanes, now, link }: Props) {
  const rows = lanes
    .flatMap((lane) => lane.spans.map((span) => ({ lane, span })))
    .sort((a, b) => b.span.from - a.span.from);
  return (
    <div className={classes.tableFrame} tabIndex={0} role="group" aria-label={`${label}, scrolls`}>
      <table className={classes.table} aria-label={label}>
        <thead>
          <tr>
            <th scope="col">From</th>
            {lanes.length > 1 ? <th scope="col">Of</th> : null}
            <th scope="col">What</th>
            <th scope="col">For</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ lane, span }) => (
            <tr key={`${lane.key} ${span.key}`}>
              <td className="num">{formatDateTime(new Date(span.from).toISOString())}</td>
              {lanes.length > 1 ? <td>{lane.name}</td> : null}
              <td>{link ? link(span) : <ToneBadge tone={span.tone} label={span.label} />}</td>
              <td className="num">{formatDuration((span.to ?? now) - span.from)}</td>
              <td className={classes.why}>{span.note}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
