import { useState } from 'react';
import type { Target } from '../../api/callTool';
import { CallOutcome } from '../../parts/calls/CallOutcome';
import type { Ended } from '../../parts/calls/useToolCall';
import { formatClock, formatDuration } from '../../ui/format';
import { ToneBadge } from '../../ui/ToneBadge';
import type { Tone } from '../../ui/tokens';
import classes from './PlaygroundPage.module.css';
import { shownJson } from '../../ui/shown';

export type Run = { at: number; args: Record<string, unknown>; ended: Ended };

type Props = { target: Target; tool: string; runs: readonly Run[] };

/** What was tried since this tool was opened, newest first. */
export function Runs({ target, tool, runs }: Props) {
  const [open, setOpen] = useState<number | null>(null);
  if (runs.length < 2) return null;
  const chosen = runs.find((run) => run.at === open);
  return (
    <section className={classes.runs} aria-label="Earlier runs">
      <h3>Runs</h3>
      <ol>
        {runs.map((run) => (
          <li key={run.at}>
            <button
              type="button"
              className={classes.run}
              aria-expanded={run.at === open}
              onClick={() => {
                setOpen(run.at === open ? null : run.at);
              }}
            >
              <span className="mono">{formatClock(new Date(run.at).toISOString())}</span>
              <ToneBadge {...badge(run.ended)} />
              <span className="num">{took(run.ended)}</span>
              <code className={classes.runArgs}>{shownJson(JSON.stringify(run.args))}</code>
            </button>
          </li>
        ))}
      </ol>
      {chosen ? (
        <CallOutcome state={chosen.ended} target={target} tool={tool} label="Earlier result" />
      ) : null}
    </section>
  );
}

function badge(ended: Ended): { tone: Tone; label: string } {
  if (ended.phase === 'cancelled') return { tone: 'idle', label: 'cancelled' };
  if (ended.phase === 'failed') return { tone: 'bad', label: 'failed' };
  return ended.result.isError === true
    ? { tone: 'bad', label: 'tool error' }
    : { tone: 'good', label: 'result' };
}

function took(ended: Ended): string {
  if (ended.phase === 'done') return formatDuration(ended.result.duration_ms);
  return ended.phase === 'cancelled' ? formatDuration(ended.afterMs) : '';
}
