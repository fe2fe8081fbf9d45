import { Button, SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { toApiError } from '../../api/errors';
import { keys } from '../../api/keys';
import { getOperation } from '../../api/operations';
import type { Operation, OperationEvent } from '../../api/types';
import { useNow } from '../../hooks/useNow';
import { useOperations } from '../../hooks/useOperations';
import { useUrlState } from '../../hooks/useUrlState';
import { ActionButton } from '../../parts/actions/ActionButton';
import { ActionFailures } from '../../parts/actions/ActionFailures';
import { operationActions, operationSubject } from '../../parts/actions/operationActions';
import { useActionKeys } from '../../parts/actions/useActionKeys';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { StageBar, StageList } from '../../parts/operations/StageBar';
import { stagesOf } from '../../parts/operations/stages';
import { Standing } from '../../parts/operations/Standing';
import { isRunning } from '../../store/operations';
import {
  operationTitle,
  providerOf,
  standingOf,
  standingTone,
  tookMs,
  typeWords,
} from '../../store/operationText';
import { EmptyState } from '../../ui/EmptyState';
import { formatDateTime, formatDuration } from '../../ui/format';
import { JsonView } from '../../ui/JsonView';
import { KeyValues } from '../../ui/KeyValues';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { ProgressBar } from '../../ui/ProgressBar';
import { EventLines, LogLines } from './Lines';
import classes from './OperationPage.module.css';
import { useOperationEvents } from './useOperationEvents';
import { shown } from '../../ui/shown';

export function OperationPage() {
  const { id = '' }: { id?: string } = useParams({ strict: false });
  const live = useOperations().operations.find((one) => one.operation_id === id);
  // One that is older than what the list holds is asked for by itself.
  const asked = useQuery({
    queryKey: keys.operation(id),
    queryFn: ({ signal }) => getOperation(id, signal),
  });
  const navigate = useNavigate();
  const operation = live ?? asked.data;
  const error = asked.error ? toApiError(asked.error) : null;
  if (operation) return <Ready key={id} operation={operation} />;
  return (
    <>
      <PageHeader title={<Title text={id.slice(0, 8)} />} />
      {asked.isPending ? <Loading label="Loading the operation" /> : null}
      {error?.status === 404 ? (
        <EmptyState
          title="There is no such operation"
          action={
            <Button onClick={() => void navigate({ to: '/operations' })}>All operations</Button>
          }
        >
          It may have been forgotten: only the newest are kept.
        </EmptyState>
      ) : null}
      {error && error.status !== 404 ? (
        <Failed
          title="The operation could not be loaded"
          error={error}
          onRetry={() => void asked.refetch()}
        />
      ) : null}
    </>
  );
}

const Title = ({ text }: { text: string }) => (
  <>
    <Link to="/operations" className={classes.crumb}>
      Operations
    </Link>
    {text}
  </>
);

function Ready({ operation }: { operation: Operation }) {
  const id = operation.operation_id;
  const running = isRunning(operation);
  const now = useNow(running ? 250 : 60_000);
  const actions = operationActions(operation);
  useActionKeys('This operation', { c: 'Cancel' }, () => actions);
  return (
    <>
      <PageHeader
        title={<Title text={operationTitle(operation)} />}
        aside={<Standing operation={operation} />}
      >
        <div className={classes.facts}>
          <p className={classes.sentence} data-bad={operation.error !== null || undefined}>
            {shown(operation.error ?? operation.message)}
          </p>
          <span className={classes.took}>
            {running ? 'for' : 'took'} <b>{formatDuration(tookMs(operation, now))}</b>
          </span>
          <CurlButton requests={[{ method: 'GET', path: `api/operations/${id}` }]} />
          {actions.map((action) => (
            <ActionButton key={action.id} action={action} />
          ))}
        </div>
        <div className={classes.progress}>
          <ProgressBar
            label="Progress"
            value={running && operation.progress === 0 ? null : operation.progress}
            tone={standingTone[standingOf(operation)]}
          />
        </div>
      </PageHeader>
      <ActionFailures about={operationSubject(id)} />
      <Body operation={operation} now={now} />
    </>
  );
}

function Body({ operation, now }: { operation: Operation; now: number }) {
  const { events, isLoading, error, retry } = useOperationEvents(operation.operation_id);
  const stages = stagesOf(events);
  const result = events.findLast((event) => event.event_type === 'result');
  return (
    <div className={classes.body} tabIndex={0} role="group" aria-label="Operation">
      {isLoading ? <Loading label="Loading what it said" rows={5} rowHeight={32} /> : null}
      {error ? (
        <Failed title="What it said could not be loaded" error={error} onRetry={retry} />
      ) : null}
      {stages.length > 1 ? (
        <section>
          <h2>Where the time went</h2>
          <StageBar label="Stages" stages={stages} now={now} />
          <StageList stages={stages} now={now} />
        </section>
      ) : null}
      <Said events={events} startedAt={operation.started_at} />
      {result ? (
        <section>
          <h2>Result</h2>
          <JsonView value={(result.data as { result?: unknown }).result} label="result" />
        </section>
      ) : null}
      <section>
        <h2>About it</h2>
        <KeyValues items={aboutOf(operation)} />
        <JsonView value={operation.metadata} label="metadata" />
      </section>
    </div>
  );
}

function Said({ events, startedAt }: { events: readonly OperationEvent[]; startedAt: number }) {
  const [url, setUrl] = useUrlState();
  const form = url.said === 'log' ? 'log' : 'events';
  const logs = events.filter((event) => event.event_type === 'log');
  return (
    <section>
      <div className={classes.head}>
        <h2>What it said</h2>
        <SegmentedControl
          size="xs"
          aria-label="What it said as"
          value={form}
          onChange={(said) => {
            setUrl({ said: said === 'log' ? 'log' : '' });
          }}
          data={[
            { value: 'events', label: `Events ${events.length}` },
            { value: 'log', label: `Log ${logs.length}` },
          ]}
        />
      </div>
      {form === 'log' ? (
        <LogLines events={logs} />
      ) : (
        <EventLines events={events} startedAt={startedAt} />
      )}
    </section>
  );
}

function aboutOf(operation: Operation) {
  const provider = providerOf(operation);
  const time = (seconds: number) => formatDateTime(new Date(seconds * 1_000).toISOString());
  return [
    { name: 'Type', value: typeWords(operation.operation_type) },
    ...(provider === ''
      ? []
      : [
          {
            name: 'Provider',
            value: (
              <Link to="/providers/$id" params={{ id: provider }}>
                {provider}
              </Link>
            ),
          },
        ]),
    { name: 'Started', value: time(operation.started_at) },
    ...(operation.ended_at === null ? [] : [{ name: 'Ended', value: time(operation.ended_at) }]),
    ...(operation.started_by === '' ? [] : [{ name: 'Begun by', value: operation.started_by }]),
    ...(operation.error_type
      ? [{ name: 'Error type', value: <code className="mono">{shown(operation.error_type)}</code> }]
      : []),
    { name: 'Id', value: <code className="mono">{operation.operation_id}</code> },
  ];
}
