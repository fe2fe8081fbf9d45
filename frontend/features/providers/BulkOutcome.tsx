import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { BulkResult } from '../../api/bulk';
import { keys } from '../../api/keys';
import { getOperation, listOperationEvents } from '../../api/operations';
import type { Operation } from '../../api/types';
import { leftOut } from '../../parts/BulkPlan';
import { bulkActions } from '../../parts/actions/bulkActions';
import { bulkResultOf } from '../../parts/operations/bulk';
import { ActionButton } from '../../parts/actions/ActionButton';
import { putAwayBulk, useBulks, type Bulk } from '../../store/bulks';
import { isRunning, useOperationsStore } from '../../store/operations';
import { plural } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import { ProgressBar } from '../../ui/ProgressBar';
import { shown } from '../../ui/shown';
import classes from './Bulk.module.css';

/** What became of the bulks that were asked for here. */
export function BulkOutcomes() {
  return useBulks().map((bulk) => (
    <Outcome key={bulk.operation_id || bulk.provider_ids.join()} bulk={bulk} />
  ));
}

const askEveryMs = 3_000;
const doing = { start: 'Starting', stop: 'Stopping', restart: 'Restarting', delete: 'Deleting' };

const isVerb = (verb: string): verb is keyof typeof doing => verb in doing;

/** The operation as the socket tells it; asked for now and then, should the socket not come through. */
function useOutcome(id: string): { operation: Operation | undefined; result: BulkResult | null } {
  const live = useOperationsStore((state) => state.byId[id]);
  const asked = useQuery({
    queryKey: keys.operation(id),
    queryFn: ({ signal }) => getOperation(id, signal),
    enabled: id !== '' && (live === undefined || isRunning(live)),
    refetchInterval: askEveryMs,
    retry: true, // it is stored a moment after it was begun
  }).data;
  const operation = live && !isRunning(live) ? live : asked && !isRunning(asked) ? asked : live;
  const ended = operation !== undefined && !isRunning(operation);
  const said = useQuery({
    queryKey: keys.operationEvents(id),
    queryFn: ({ signal }) => listOperationEvents(id, signal),
    enabled: ended,
    staleTime: Infinity,
  }).data;
  return { operation, result: bulkResultOf(said?.events ?? []) };
}

function Outcome({ bulk }: { bulk: Bulk }) {
  const queryClient = useQueryClient();
  const { operation_id: id, provider_ids: ids, skipped } = bulk;
  const { operation, result } = useOutcome(id);
  const running = id !== '' && (operation === undefined || isRunning(operation));
  const failed = result?.failed ?? [];
  const bad = failed.length > 0 || operation?.status === 'error';
  const again = operation?.status === 'error' ? ids : failed.map((one) => one.provider_id);
  const verb = isVerb(bulk.verb) ? bulk.verb : 'start';
  const title = `${doing[verb]} ${plural(ids.length, 'provider')}`;
  const putAway = () => {
    putAwayBulk(bulk);
    queryClient.removeQueries({ queryKey: keys.operationEvents(id) });
  };
  const retry = bulkActions(again.length, (name) => ({ verb: name, provider_ids: again }), putAway);
  return (
    <section className={classes.outcome} data-bad={bad || undefined} aria-label={title}>
      <div className={classes.line}>
        <Glyph tone={running ? 'busy' : bad ? 'bad' : 'good'} size={11} />
        <strong>{title}</strong>
        <span role={bad ? 'alert' : 'status'}>{sentence(bulk, running, operation)}</span>
        <span className={classes.verbs}>
          {id === '' ? null : (
            <Link to="/operations/$id" params={{ id }}>
              Operation
            </Link>
          )}
          {again.length === 0 || running
            ? null
            : retry
                .filter(({ id: name }) => name.startsWith(`bulk-${verb}:`))
                .map((action) => (
                  <ActionButton
                    key={action.id}
                    action={{ ...action, verb: `Retry ${again.length} that failed` }}
                  />
                ))}
          {running ? null : <Button onClick={putAway}>Dismiss</Button>}
        </span>
      </div>
      {running ? (
        <ProgressBar
          label={`Progress of ${title}`}
          value={operation === undefined || operation.progress === 0 ? null : operation.progress}
        />
      ) : null}
      {failed.length > 0 || skipped.length > 0 ? (
        <ul className={classes.list}>
          {failed.slice(0, 50).map((one) => (
            <li key={one.provider_id}>
              <Link to="/providers/$id" params={{ id: one.provider_id }}>
                {one.provider_id}
              </Link>
              : {shown(one.message || one.error)}
            </li>
          ))}
          {leftOut(skipped).map((line) => (
            <li key={line} className="muted">
              {line}
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}

function sentence(bulk: Bulk, running: boolean, operation: Operation | undefined): string {
  if (bulk.operation_id === '') return 'nothing was to be done';
  if (running) return shown(operation?.message ?? 'has begun');
  if (operation?.status === 'cancelled') return 'cancelled; what was begun is finished';
  return shown(operation?.error ?? operation?.message ?? '');
}
