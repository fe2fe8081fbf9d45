import type { Tool } from '../../../api/types';
import { CallForm } from '../../../parts/calls/CallForm';
import { CallOutcome } from '../../../parts/calls/CallOutcome';
import { Hints } from '../../../parts/calls/Hints';
import { SchemaSection } from '../../../parts/calls/SchemaSection';
import { asSchema } from '../../../parts/calls/schema';
import calls from '../../../parts/calls/Calls.module.css';
import classes from './Tools.module.css';
import { useToolCall } from '../../../parts/calls/useToolCall';

type Props = { providerId: string; tool: Tool };

export function ToolView({ providerId, tool }: Props) {
  const { state, call, cancel } = useToolCall(providerId, tool.name);
  return (
    <div className={classes.view}>
      <header>
        <h2 className={classes.title}>
          {tool.name}
          {tool.title && tool.title !== tool.name ? (
            <span className={classes.subtitle}>{tool.title}</span>
          ) : null}
        </h2>
        <p className={classes.description}>{tool.description}</p>
        <Hints annotations={tool.annotations} />
      </header>
      <div className={calls.call}>
        <CallForm
          schema={asSchema(tool.parameters)}
          running={state.phase === 'running'}
          onCall={(args, timeoutMs) => void call(args, timeoutMs)}
          onCancel={cancel}
        />
        <CallOutcome state={state} />
      </div>
      <SchemaSection title="Parameters" label="parameter schema" schema={tool.parameters} />
      {tool.outputSchema === undefined ? null : (
        <SchemaSection title="Result" label="result schema" schema={tool.outputSchema} />
      )}
    </div>
  );
}
