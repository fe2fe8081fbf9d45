import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getCall, listCalls } from '../../api/calls';
import { keys } from '../../api/keys';
import type { CallRecord } from '../../api/types';
import { outcomeTone, outcomeWords, partsOf } from '../../parts/calls/record';
import { SplitBar } from '../../parts/calls/SplitBar';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { SidePanel } from '../../parts/SidePanel';
import { formatBytes, formatDateTime, formatDuration, plural } from '../../ui/format';
import { KeyValues } from '../../ui/KeyValues';
import { Loading } from '../../ui/Loading';
import { Timeline } from '../../ui/timeline/Timeline';
import { ToneBadge } from '../../ui/ToneBadge';
import classes from './CallsPage.module.css';
import { noFilter, queryOf, savings, waterfall } from './view';
import { shown, shownName } from '../../ui/shown';

type Props = { id: string; known: CallRecord | undefined; onClose: () => void };

/** One call: who, what, how it went, where its time went, and what else came with it. */
export function CallPanel({ id, known, onClose }: Props) {
  const asked = useQuery({
    queryKey: keys.call(id),
    queryFn: ({ signal }) => getCall(id, signal),
    enabled: known === undefined,
    retry: false,
  });
  const call = known ?? asked.data;
  return (
    <SidePanel
      label="About the call"
      title={call ? shownName(call.tool_name) : 'Call'}
      end={
        <>
          {call ? (
            <ToneBadge tone={outcomeTone[call.outcome]} label={outcomeWords[call.outcome]} />
          ) : null}
          <CurlButton requests={[{ method: 'GET', path: `api/calls/${encodeURIComponent(id)}` }]} />
        </>
      }
      onClose={onClose}
    >
      {!call && asked.isPending ? <Loading label="Loading the call" rows={5} /> : null}
      {!call && asked.error ? (
        <Failed title="There is no record of it" error={asked.error} />
      ) : null}
      {call ? <Ready call={call} /> : null}
    </SidePanel>
  );
}

function Ready({ call }: { call: CallRecord }) {
  return (
    <>
      {call.error_message === '' ? null : (
        <p className={classes.error}>{shown(call.error_message)}</p>
      )}
      <SplitBar call={call} ofMs={Math.max(1e-6, call.duration_ms)} />
      <KeyValues
        items={[
          { name: 'Took', value: formatDuration(call.duration_ms) },
          ...partsOf(call).map(({ name, ms }) => ({ name, value: formatDuration(ms) })),
        ]}
      />
      <p className={classes.links}>
        <Link to="/playground" search={{ provider: call.provider_id, tool: call.tool_name }}>
          Open in the playground
        </Link>
        <Link to="/providers/$id" params={{ id: call.provider_id }}>
          {call.provider_id}
        </Link>
        <Link to="/calls" search={{ who: call.who.id }}>
          All by {call.who.id}
        </Link>
      </p>
      <KeyValues items={factsOf(call)} />
      {call.batch_id === '' ? null : <Batch id={call.batch_id} />}
    </>
  );
}

const mono = (text: string) => <code className="mono">{text}</code>;

function factsOf(call: CallRecord) {
  return [
    { name: 'Over at', value: formatDateTime(call.timestamp) },
    ...(call.group_id === '' ? [] : [{ name: 'Group', value: call.group_id }]),
    { name: 'Came in by', value: call.via },
    { name: 'Asked with', value: formatBytes(call.request_size_bytes) },
    { name: 'Answered with', value: formatBytes(call.result_size_bytes) },
    ...(call.error_type === '' ? [] : [{ name: 'Error type', value: mono(call.error_type) }]),
    ...(call.trace_id === '' ? [] : [{ name: 'Trace', value: mono(call.trace_id) }]),
    { name: 'Id', value: mono(call.call_id) },
  ];
}

function Batch({ id }: { id: string }) {
  const query = { ...queryOf({ ...noFilter, batch: id }, 0, 0), from: '' };
  const batch = useQuery({
    queryKey: keys.calls(query),
    queryFn: ({ signal }) => listCalls(query, 0, signal),
  });
  const calls = batch.data?.calls ?? [];
  if (calls.length === 0) return null;
  const lanes = waterfall(calls);
  const from = Math.min(...lanes.flatMap(({ spans }) => spans.map((span) => span.from)));
  const to = Math.max(...lanes.flatMap(({ spans }) => spans.map((span) => span.to ?? span.from)));
  const { wall, sum } = savings(calls);
  return (
    <section className={classes.batch}>
      <h3>Its batch of {plural(calls.length, 'call')}</h3>
      <Timeline label="Waterfall of the batch" lanes={lanes} all={{ from, to }} now={to} />
      <p className="muted">
        {formatDuration(wall)} in all; one after the other it would have been {formatDuration(sum)}
      </p>
    </section>
  );
}
