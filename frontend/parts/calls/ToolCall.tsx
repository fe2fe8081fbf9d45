import { lazy, Suspense, useState, type ReactNode } from 'react';
import type { Target } from '../../api/callTool';
import type { Tool } from '../../api/types';
import type { Era } from '../../api/wire';
import { useKeys } from '../../hooks/useKeys';
import { useLacking } from '../../hooks/useMay';
import { CallForm, type Args } from './CallForm';
import { CallOutcome } from './CallOutcome';
import classes from './Calls.module.css';
import { Question } from './Question';
import { asSchema, isRecord } from './schema';
import { useToolCall, type Ended } from './useToolCall';
import { mirrorsOf } from './wire';
import { WirePane } from './WirePane';

const ConfirmDialog = lazy(async () => ({
  default: (await import('../../ui/ConfirmDialog')).ConfirmDialog,
}));

type Props = {
  target: Target;
  tool: Tool;
  initial?: Args | undefined;
  timeoutMs?: number;
  /** Undefined: through the API. */
  era?: Era | undefined;
  onDraft?: ((args: Args | null) => void) | undefined;
  onEnded?: ((args: Args, ended: Ended) => void) | undefined;
  foot?: ReactNode;
};

/** The API's own ceiling: a person watches this call and can cancel it, so it need not end earlier by itself. */
const longestMs = 600_000;

/** The form of a tool beside what comes of it. A tool that calls itself destructive is asked about first. */
export function ToolCall({ target, tool, initial, timeoutMs = longestMs, era, ...props }: Props) {
  const schema = asSchema(tool.parameters);
  const how = { timeoutMs, era, mirrors: (args: Args) => mirrorsOf(schema, args) };
  const { state, asked: questions, wire, call, cancel } = useToolCall(target, tool.name);
  const [asked, setAsked] = useState<Args | null>(null);
  const [last, setLast] = useState<Args | null>(null);
  const needs = needsOf(target, tool.name);
  const denied = useLacking()(needs).length > 0;
  const run = (args: Args) => {
    setLast(args);
    void call(args, how).then((ended) => {
      if (ended) props.onEnded?.(args, ended);
    });
  };
  const begin = (args: Args) => {
    if (isDestructive(tool)) setAsked(args);
    else run(args);
  };
  useKeys([
    {
      keys: '.',
      label: 'Repeat the last call',
      group: 'Calls',
      run: () => {
        if (last && !denied && !asked && state.phase !== 'running') begin(last);
      },
    },
  ]);
  return (
    <div className={classes.call}>
      <CallForm
        schema={schema}
        running={state.phase === 'running'}
        needs={needs}
        initial={initial}
        onCall={begin}
        onCancel={cancel}
        onDraft={props.onDraft}
        foot={props.foot}
      />
      <div className={classes.answer}>
        {questions.map(({ key, question, answer }) => (
          <Question key={key} of={target.id} question={question} onAnswer={answer} />
        ))}
        <CallOutcome state={state} target={target} tool={tool.name} />
        <WirePane entries={wire} schema={schema} era={era} />
      </div>
      {asked ? (
        <Suspense>
          <ConfirmDialog
            opened
            danger
            title={`Call ${tool.name}?`}
            confirm={`Call ${tool.name}`}
            pending={false}
            onClose={() => {
              setAsked(null);
            }}
            onConfirm={() => {
              setAsked(null);
              run(asked);
            }}
          >
            <p>
              Its server says that <strong>{tool.name}</strong> of {target.id} is destructive: what
              it changes may not be taken back.
            </p>
          </ConfirmDialog>
        </Suspense>
      ) : null}
    </div>
  );
}

const isDestructive = ({ annotations }: Tool) =>
  isRecord(annotations) &&
  annotations.destructiveHint === true &&
  annotations.readOnlyHint !== true;

/** A group's members are not known here: it takes the right to call something. */
const needsOf = ({ kind, id }: Target, tool: string) => [
  kind === 'provider' ? `tool:invoke:${id}/${tool}` : 'tool:invoke',
];
