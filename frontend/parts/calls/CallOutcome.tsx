import { Progress, SegmentedControl } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { Target } from '../../api/callTool';
import { stderrOf } from '../../api/errors';
import type { CallProgress, CallResult } from '../../api/types';
import { useNow } from '../../hooks/useNow';
import { ErrorPanel } from '../../ui/ErrorPanel';
import { formatDuration } from '../../ui/format';
import { JsonView } from '../../ui/JsonView';
import { ToneBadge } from '../../ui/ToneBadge';
import { Stderr } from '../Stderr';
import { adviceOn, adviceOnResult, providerOf } from './advice';
import { AdviceLine } from './AdviceLine';
import classes from './Calls.module.css';
import { Content } from './Content';
import { Timing } from './Timing';
import { useCallRecord } from './useCallRecord';
import type { CallState, Ended } from './useToolCall';
import { shown } from '../../ui/shown';

type Props = { state: CallState; target: Target; tool: string; label?: string };

export function CallOutcome({ state, target, tool, label = 'Result' }: Props) {
  return (
    <section className={classes.outcome} aria-label={label} aria-live="polite">
      <Face state={state} target={target} tool={tool} />
    </section>
  );
}

function Face({ state, target, tool }: Props) {
  switch (state.phase) {
    case 'idle':
      return <p className={classes.waiting}>The result will stand here.</p>;
    case 'running':
      return <Running since={state.since} progress={state.progress} />;
    default:
      return <Over key={state.trace} ended={state} target={target} tool={tool} />;
  }
}

type OverProps = { ended: Ended; target: Target; tool: string };

function Over({ ended, target, tool }: OverProps) {
  const call = useCallRecord(ended.trace, tool);
  const error = ended.phase === 'failed' ? ended.error : null;
  const advice = error
    ? adviceOn(error)
    : ended.phase === 'done'
      ? adviceOnResult(ended.result)
      : null;
  const hint = advice ? (
    <AdviceLine
      advice={advice}
      provider={providerOf(target, error, call?.provider_id)}
      group={target.kind === 'group' ? target.id : null}
    />
  ) : null;
  const timing = call ? <Timing call={call} /> : null;
  switch (ended.phase) {
    case 'cancelled':
      return (
        <>
          <div className={classes.outcomeHead}>
            <ToneBadge tone="idle" label="cancelled" />
            <span className="muted num">after {formatDuration(ended.afterMs)}</span>
          </div>
          {timing}
        </>
      );
    case 'failed':
      return (
        <>
          <div className={classes.flush}>
            <ErrorPanel
              title="The call failed"
              message={ended.error.message}
              code={ended.error.type}
              requestId={ended.error.requestId}
            >
              {hint}
              <Stderr lines={stderrOf(ended.error)} />
            </ErrorPanel>
          </div>
          {timing}
        </>
      );
    case 'done':
      return (
        <Done result={ended.result} timing={timing}>
          {hint}
        </Done>
      );
  }
}

type RunningProps = { since: number; progress: CallProgress | null };

function Running({ since, progress }: RunningProps) {
  const now = useNow(100);
  const total = progress?.total;
  const share = progress && total ? Math.min(100, (progress.progress / total) * 100) : null;
  return (
    <div className={classes.running}>
      <div className={classes.outcomeHead}>
        <ToneBadge tone="busy" label="running" />
        {/* Ticking is for the eye; the live region around it must not read it aloud. */}
        <span className="muted num" aria-hidden="true">
          {formatDuration(Math.max(0, now - since))}
        </span>
        {progress ? (
          <span className="num">
            {progress.progress}
            {total === undefined ? '' : ` of ${total}`}
          </span>
        ) : null}
      </div>
      <Progress.Root
        size={6}
        className={classes.progress}
        data-unknown={share === null || undefined}
      >
        <Progress.Section
          value={share ?? 100}
          color="var(--tone-busy-graphic)"
          aria-label="Progress of the call"
        />
      </Progress.Root>
      {progress?.message ? <p className="muted">{shown(progress.message)}</p> : null}
    </div>
  );
}

type DoneProps = { result: CallResult; timing: ReactNode; children: ReactNode };

function Done({ result, timing, children }: DoneProps) {
  const [form, setForm] = useState('shown');
  const failed = result.isError === true;
  return (
    <>
      <div className={classes.outcomeHead}>
        <ToneBadge tone={failed ? 'bad' : 'good'} label={failed ? 'tool error' : 'result'} />
        <span className="muted num">{formatDuration(result.duration_ms)}</span>
        <SegmentedControl
          size="xs"
          className={classes.outcomeForm}
          aria-label="Result as"
          value={form}
          onChange={setForm}
          data={[
            { value: 'shown', label: 'Content' },
            { value: 'raw', label: 'Raw' },
          ]}
        />
      </div>
      {timing}
      {form === 'raw' ? <JsonView value={result} label="raw result" /> : <Shown result={result} />}
      {children}
    </>
  );
}

function Shown({ result }: { result: CallResult }) {
  const content = result.content ?? [];
  return (
    <>
      {content.map((part, i) => (
        <Content key={i} part={part} />
      ))}
      {result.structuredContent === undefined ? null : (
        <div>
          <h4 className={classes.partTitle}>Structured content</h4>
          <JsonView value={result.structuredContent} label="structured content" />
        </div>
      )}
      {content.length === 0 && result.structuredContent === undefined ? (
        <p className="muted">The tool answered with no content.</p>
      ) : null}
    </>
  );
}
