import { Button, Checkbox, FileButton, Textarea } from '@mantine/core';
import { IconFileUpload } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { importClient, importRequest } from '../../api/connect';
import { toApiError, type ApiError } from '../../api/errors';
import type { ImportPlan, ImportRequest, ImportStep } from '../../api/types';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { CopyButton } from '../../ui/CopyButton';
import { plural } from '../../ui/format';
import { announce } from '../../ui/LiveRegion';
import { ToneBadge } from '../../ui/ToneBadge';
import classes from './ConnectPage.module.css';
import { shown, shownName } from '../../ui/shown';

const shell = 'hangar import ~/.cursor/mcp.json --yes';

/** A client's file, pasted or uploaded, shown as a plan and then made into providers. */
export function Import() {
  const [text, setText] = useState('');
  const [plan, setPlan] = useState<ImportPlan | null>(null);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<ApiError | null>(null);

  const ask = async (body: ImportRequest) => {
    setPending(true);
    setFailure(null);
    try {
      const answer = await importClient(body);
      setPlan(answer);
      announce(
        answer.applied
          ? `${plural(answer.made, 'provider')} made`
          : `${plural(answer.due, 'provider')} would be made`,
      );
    } catch (thrown) {
      setFailure(toApiError(thrown));
    } finally {
      setPending(false);
    }
  };
  const read = (content: string) => {
    setText(content);
    setPlan(null);
    setLeft(new Set());
    setFailure(null);
  };
  const chosen = (plan?.servers ?? []).filter((one) => isDue(one) && !left.has(one.name));
  const body: ImportRequest = { text, apply: true, only: chosen.map((one) => one.name) };
  return (
    <section aria-label="Take over what a client has">
      <h2>Take over what a client has</h2>
      <p className="muted">
        The servers of a client’s file become providers here; secrets become references. Nothing is
        started, and the file itself stays as it is.
      </p>
      <Textarea
        aria-label="The client’s file"
        placeholder={'{ "mcpServers": { … } }'}
        autosize
        minRows={4}
        maxRows={14}
        spellCheck={false}
        classNames={{ input: 'mono' }}
        value={text}
        onChange={(event) => {
          read(event.currentTarget.value);
        }}
      />
      <div className={classes.row}>
        <FileButton
          accept="application/json,.json,.jsonc"
          onChange={(file) => {
            if (file) void file.text().then(read);
          }}
        >
          {(props) => (
            <Button {...props} leftSection={<IconFileUpload size={16} />}>
              Choose a file
            </Button>
          )}
        </FileButton>
        <NeedsButton
          needs={['provider:exec:*']}
          variant={plan ? 'default' : 'filled'}
          disabled={text.trim() === ''}
          loading={pending && plan === null}
          onClick={() => void ask({ text })}
        >
          Show what would happen
        </NeedsButton>
        <span className={classes.shell}>
          <code className="mono muted">{shell}</code>
          <CopyButton text={shell} label="Copy the import" />
        </span>
      </div>
      {failure ? <Failed title="The file could not be taken over" error={failure} /> : null}
      {plan ? (
        <>
          <ul className={classes.plan} aria-label="Plan">
            {plan.servers.map((one) => (
              <PlanLine
                key={one.name}
                step={one}
                taken={!left.has(one.name)}
                onToggle={
                  plan.applied
                    ? undefined
                    : () => {
                        setLeft(toggledIn(left, one.name));
                      }
                }
              />
            ))}
          </ul>
          {plan.applied ? (
            <p role="status">
              {plural(plan.made, 'provider')} made.{' '}
              <Link to="/providers">They start with their first call</Link>
            </p>
          ) : (
            <div className={classes.row}>
              <NeedsButton
                needs={['provider:exec:*']}
                variant="filled"
                disabled={chosen.length === 0}
                loading={pending}
                onClick={() => void ask(body)}
              >
                {`Make ${plural(chosen.length, 'provider')}`}
              </NeedsButton>
              <CurlButton requests={[importRequest(body)]} />
            </div>
          )}
        </>
      ) : null}
    </section>
  );
}

type LineProps = { step: ImportStep; taken: boolean; onToggle: (() => void) | undefined };

function PlanLine({ step, taken, onToggle }: LineProps) {
  return (
    <li>
      <div className={classes.step}>
        {onToggle && isDue(step) ? (
          <Checkbox
            size="xs"
            aria-label={`Take ${shown(step.name)}`}
            checked={taken}
            onChange={onToggle}
          />
        ) : null}
        <ToneBadge {...standing(step)} />
        <strong>{shownName(step.provider_id || step.name)}</strong>
        {step.provider_id !== '' && step.provider_id !== step.name ? (
          <span className="muted">{shownName(step.name)} there</span>
        ) : null}
        <code className="mono muted">{shown(step.runs)}</code>
      </div>
      {step.reason === '' ? null : <p>{shown(step.reason)}</p>}
      {step.notes.map((note) => (
        <p key={note} className="muted">
          {shown(note)}
        </p>
      ))}
      {step.secrets.map(({ variable, field }) => (
        <p key={field} className="muted">
          Set <code className="mono">{shown(variable)}</code> where Hangar runs, for {shown(field)}.
        </p>
      ))}
    </li>
  );
}

export const isDue = ({ verdict }: ImportStep): boolean =>
  verdict === 'new' || verdict === 'renamed';

/** A verdict in a word, with its tone. */
export function standing({ verdict, done }: ImportStep) {
  if (done) return { tone: 'good', label: 'made' } as const;
  switch (verdict) {
    case 'new':
      return { tone: 'busy', label: 'new' } as const;
    case 'renamed':
      return { tone: 'warn', label: 'renamed' } as const;
    case 'same':
      return { tone: 'idle', label: 'there already' } as const;
    case 'skipped':
      return { tone: 'idle', label: 'skipped' } as const;
    default:
      return { tone: 'bad', label: verdict } as const;
  }
}

function toggledIn(set: ReadonlySet<string>, name: string): ReadonlySet<string> {
  const after = new Set(set);
  if (!after.delete(name)) after.add(name);
  return after;
}
