import { Link } from '@tanstack/react-router';
import type { BulkResult } from '../../api/bulk';
import { formatNumber } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import { shown } from '../../ui/shown';
import type { Tone } from '../../ui/tokens';
import classes from './BulkResultView.module.css';

/** More are in the JSON and the export. */
const atMost = 200;

type Row = { id: string; tone: Tone; word: string; why: string };

/** What became of each provider: what failed first, what went well last. */
export function BulkResultView({ result, running }: { result: BulkResult; running: boolean }) {
  const rows: Row[] = [
    ...result.failed.map((one) => ({
      id: one.provider_id,
      tone: 'bad' as const,
      word: 'failed',
      why: one.message || one.error,
    })),
    ...result.not_tried.map((id) => ({
      id,
      tone: running ? ('busy' as const) : ('warn' as const),
      word: running ? 'waits' : 'not tried',
      why: '',
    })),
    ...result.skipped.map((one) => ({
      id: one.provider_id,
      tone: 'idle' as const,
      word: 'skipped',
      why: one.reason,
    })),
    ...result.done.map((id) => ({ id, tone: 'good' as const, word: 'done', why: '' })),
  ];
  const { done, failed, skipped, not_tried: left } = result.counts;
  const all = done + failed + skipped + left;
  const listed = rows.slice(0, atMost);
  return (
    <div className={classes.frame} tabIndex={0} role="group" aria-label="Providers, scrolls">
      <table className={classes.table} aria-label="What became of each provider">
        <thead>
          <tr>
            <th scope="col">Provider</th>
            <th scope="col">Outcome</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {listed.map(({ id, tone, word, why }) => (
            <tr key={id}>
              <td>
                <Link to="/providers/$id" params={{ id }}>
                  {id}
                </Link>
              </td>
              <td>
                <span className={classes.outcome} data-tone={tone}>
                  <Glyph tone={tone} size={10} />
                  {word}
                </span>
              </td>
              <td className={classes.why}>{shown(why)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {listed.length < all ? (
        <p className="muted">
          {formatNumber(listed.length)} of {formatNumber(all)}; its log names all of them.
        </p>
      ) : null}
    </div>
  );
}
