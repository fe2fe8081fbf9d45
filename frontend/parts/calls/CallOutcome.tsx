import { Progress, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { CallProgress, CallResult } from '../../api/types';
import { useNow } from '../../hooks/useNow';
import { ErrorPanel } from '../../ui/ErrorPanel';
import { formatDuration } from '../../ui/format';
import { JsonView } from '../../ui/JsonView';
import { ToneBadge } from '../../ui/ToneBadge';
import { Content } from './Content';
import classes from './Calls.module.css';
import type { CallState } from './useToolCall';
import { shown } from '../../ui/shown';

type Props = { state: CallState; label?: string };

export function CallOutcome({ state, label = 'Result' }: Props) {
  return (
    <section className={classes.outcome} aria-label={label} aria-live="polite">
      <Face state={state} />
    </section>
  );
}

function Face({ state }: Props) {
  switch (state.phase) {
    case 'idle':
      return <p className={classes.waiting}>The result will stand here.</p>;
    case 'running':
      return <Running since={state.since} progress={state.progress} />;
    case 'cancelled':
      return (
        <div className={classes.outcomeHead}>
          <ToneBadge tone="idle" label="cancelled" />
          <span className="muted num">after {formatDuration(state.afterMs)}</span>
        </div>
      );
    case 'failed':
      return (
        <div className={classes.flush}>
          <ErrorPanel
            title="The call failed"
            message={state.error.message}
            code={state.error.type}
            requestId={state.error.requestId}
          />
        </div>
      );
    case 'done':
      return <Done result={state.result} />;
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

function Done({ result }: { result: CallResult }) {
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
      {form === 'raw' ? <JsonView value={result} label="raw result" /> : <Shown result={result} />}
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
