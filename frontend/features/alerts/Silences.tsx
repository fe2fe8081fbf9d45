import type { useSilences } from '../../hooks/useAlerts';
import { useNow } from '../../hooks/useNow';
import { ActionButton } from '../../parts/actions/ActionButton';
import { endSilence } from '../../parts/actions/alertActions';
import { ruleOf, subjectName } from '../../parts/alerts/rules';
import { Failed } from '../../parts/Failed';
import { EmptyState } from '../../ui/EmptyState';
import { formatDateTime, formatDuration } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import classes from './AlertsPage.module.css';
import { shown } from '../../ui/shown';

/** What nobody wants to hear of at the moment, and until when. */
export function Silences({ query }: { query: ReturnType<typeof useSilences> }) {
  const now = useNow(1_000);
  if (query.isPending) return <Loading label="Loading silences" rows={4} />;
  if (query.error && !query.data) {
    return (
      <Failed
        title="The silences could not be loaded"
        error={query.error}
        onRetry={() => void query.refetch()}
      />
    );
  }
  if (query.data.length === 0) {
    return (
      <EmptyState title="Nothing is silenced">
        Silence an alert while you work on it or until a planned stop is over: it fires on, and
        nobody is asked to look.
      </EmptyState>
    );
  }
  return (
    <ul className={classes.silences} aria-label="Silences">
      {query.data.map((one) => (
        <li key={one.silence_id}>
          <div className={classes.what}>
            <p className={classes.title}>
              <span>{one.rule === '' ? 'Every rule' : ruleOf(one.rule).name}</span>
              <span className={classes.subject}>
                {one.subject === '' ? 'everywhere' : subjectName(one.subject)}
              </span>
            </p>
            {one.reason === '' ? null : <p className={classes.message}>{shown(one.reason)}</p>}
            <p className={classes.facts}>
              <span title={formatDateTime(one.until)} className="num">
                {formatDuration(
                  Math.max(0, Math.round((Date.parse(one.until) - now) / 1_000)) * 1_000,
                )}{' '}
                left
              </span>
              <span>by {shown(one.created_by)}</span>
            </p>
          </div>
          <ActionButton action={endSilence(one)} />
        </li>
      ))}
    </ul>
  );
}
