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
import { isBulk, outcomeOf } from '../../parts/operations/bulk';
import { linksOf, type ObjectLink } from '../../parts/operations/links';
import { measureOf } from '../../parts/operations/measure';
import { adviceOf, againActions } from '../../parts/operations/next';
import { StageBar, StageList } from '../../parts/operations/StageBar';
import { stagesOf } from '../../parts/operations/stages';
import { Standing } from '../../parts/operations/Standing';
import { useProvider } from '../../store/fleet';
import { leftMs, usualOf } from '../../store/operationHistory';
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
import { formatDateTime, formatDuration, formatLeft } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import { JsonView } from '../../ui/JsonView';
import { KeyValues } from '../../ui/KeyValues';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { ProgressBar } from '../../ui/ProgressBar';
import { BulkResultView } from './BulkResultView';
import { EventLines, LogLines } from './Lines';
import classes from './OperationPage.module.css';
import { useOperationEvents } from './useOperationEvents';
import { shown } from '../../ui/shown';

/** What is usual is learned from so many, which is as many as the API gives. */
const historyCount = 500;

export function OperationPage() {
  const { id = '' }: { id?: string } = useParams({ strict: false });
  const { operations } = useOperations(historyCount);
  const live = operations.find((one) => one.operation_id === id);
  // One that is older than what the list holds is asked for by itself.
  const asked = useQuery({
    queryKey: keys.operation(id),
    queryFn: ({ signal }) => getOperation(id, signal),
  });
  const navigate = useNavigate();
  // The list names only the first of many providers.
  const whole = asked.data;
  const operation = live && whole ? { ...live, provider_ids: whole.provider_ids } : (live ?? whole);
  const error = asked.error ? toApiError(asked.error) : null;
  if (operation) return <Ready key={id} operation={operation} operations={operations} />;
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

type ReadyProps = { operation: Operation; operations: readonly Operation[] };

function Ready({ operation, operations }: ReadyProps) {
  const id = operation.operation_id;
  const running = isRunning(operation);
  const now = useNow(running ? 250 : 60_000);
  const said = useOperationEvents(id);
  const provider = useProvider(providerOf(operation));
  const navigate = useNavigate();
  const again = againActions({
    operation,
    events: said.events,
    provider,
    onBegun: (begun) => void navigate({ to: '/operations/$id', params: { id: begun } }),
  });
  const actions = operationActions(operation);
  useActionKeys('This operation', { c: 'Cancel' }, () => actions);
  const standing = standingOf(operation);
  const sentence = operation.error ?? operation.message;
  const advice = adviceOf(operation);
  const measure = measureOf(said.events);
  return (
    <>
      <PageHeader
        title={<Title text={operationTitle(operation)} />}
        aside={
          <span className={classes.wide}>
            <Standing operation={operation} />
          </span>
        }
      >
        <div className={classes.facts}>
          <span className={classes.small}>
            <Standing operation={operation} />
          </span>
          <p className={classes.sentence} data-tone={standingTone[standing]}>
            {sentence === standing ? '' : shown(sentence)}
          </p>
          <Times
            operation={operation}
            operations={operations}
            measure={standing === 'completed' || sentence.includes(measure) ? '' : measure}
            now={now}
          />
          <CurlButton requests={[{ method: 'GET', path: `api/operations/${id}` }]} />
          {again.map((action) => (
            <ActionButton key={action.id} action={action} />
          ))}
          {actions.map((action) => (
            <ActionButton key={action.id} action={action} />
          ))}
        </div>
        <div className={classes.progress}>
          <ProgressBar
            label="Progress"
            value={running && operation.progress === 0 ? null : operation.progress}
            tone={standingTone[standing]}
          />
        </div>
      </PageHeader>
      <ActionFailures about={operationSubject(id)} />
      {advice === '' ? null : (
        <p className={classes.advice} data-tone={standingTone[standing]} role="note">
          <Glyph tone={standingTone[standing]} size={12} />
          <span>{advice}</span>
        </p>
      )}
      <Body operation={operation} now={now} {...said} />
    </>
  );
}

type TimesProps = ReadyProps & { measure: string; now: number };

/** How far it is in its own measure, how long it has taken, what is left, and what is usual for it. */
function Times({ operation, operations, measure, now }: TimesProps) {
  const usual = usualOf(operations, operation);
  const left = leftMs(operation, usual, now);
  return (
    <span className={classes.took}>
      {measure === '' ? null : <span>{measure} · </span>}
      {isRunning(operation) ? 'for' : 'took'} <b>{formatDuration(tookMs(operation, now))}</b>
      {left === null ? null : <span> · {formatLeft(left)}</span>}
      {usual === null ? null : (
        <span title={`the middle of ${usual.of} that ended well`}>
          {' '}
          · usually {formatDuration(usual.ms)}
        </span>
      )}
    </span>
  );
}

type BodyProps = ReturnType<typeof useOperationEvents> & { operation: Operation; now: number };

function Body({ operation, now, events, isLoading, error, retry }: BodyProps) {
  const stages = stagesOf(events);
  const result = events.findLast((event) => event.event_type === 'result');
  const bulk = isBulk(operation) && !isLoading ? outcomeOf(operation, events) : null;
  return (
    <div className={classes.body} tabIndex={0} role="group" aria-label="Operation">
      {isLoading ? <Loading label="Loading what it said" rows={5} rowHeight={32} /> : null}
      {error ? (
        <Failed title="What it said could not be loaded" error={error} onRetry={retry} />
      ) : null}
      {bulk ? (
        <section>
          <h2>What became of each</h2>
          <BulkResultView result={bulk} running={isRunning(operation)} />
        </section>
      ) : null}
      {stages.length > 1 ? (
        <section>
          <h2>Where the time went</h2>
          <StageBar label="Stages" stages={stages} now={now} />
          <StageList stages={stages} now={now} />
        </section>
      ) : null}
      <Said events={events} startedAt={operation.started_at} />
      <section>
        <h2>About it</h2>
        <KeyValues items={aboutOf(operation, events)} />
        {isEmpty(operation.metadata) ? null : (
          <JsonView value={operation.metadata} label="metadata" />
        )}
      </section>
      {result ? (
        <section>
          <h2>Result</h2>
          <JsonView value={(result.data as { result?: unknown }).result} label="result" />
        </section>
      ) : null}
    </div>
  );
}

const isEmpty = (value: unknown) =>
  value === null || (typeof value === 'object' && Object.keys(value).length === 0);

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

function aboutOf(operation: Operation, events: readonly OperationEvent[]) {
  const time = (seconds: number) => formatDateTime(new Date(seconds * 1_000).toISOString());
  const links = linksOf(operation, events);
  return [
    { name: 'Type', value: typeWords(operation.operation_type) },
    ...(links.length === 0 ? [] : [{ name: 'Leads to', value: <Links links={links} /> }]),
    { name: 'Started', value: time(operation.started_at) },
    ...(operation.ended_at === null ? [] : [{ name: 'Ended', value: time(operation.ended_at) }]),
    ...(operation.started_by === '' ? [] : [{ name: 'Begun by', value: operation.started_by }]),
    ...(operation.error_type
      ? [{ name: 'Error type', value: <code className="mono">{shown(operation.error_type)}</code> }]
      : []),
    { name: 'Id', value: <code className="mono">{operation.operation_id}</code> },
  ];
}

const linksAtMost = 12;

function Links({ links }: { links: readonly ObjectLink[] }) {
  return (
    <span className={classes.links}>
      {links.slice(0, linksAtMost).map(({ kind, name, at }) => (
        <span key={`${kind} ${name}`}>
          <span className="muted">{kind} </span>
          <Link {...at}>{shown(name)}</Link>
        </span>
      ))}
      {links.length > linksAtMost ? (
        <span className="muted">and {links.length - linksAtMost} more</span>
      ) : null}
    </span>
  );
}
