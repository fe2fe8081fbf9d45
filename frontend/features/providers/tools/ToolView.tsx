import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { Tool } from '../../../api/types';
import { JsonView } from '../../../ui/JsonView';
import { CallForm } from './CallForm';
import { CallOutcome } from './CallOutcome';
import { SchemaTable } from './SchemaTable';
import { asSchema, isRecord } from './schema';
import classes from './Tools.module.css';
import { useToolCall } from './useToolCall';

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
      <div className={classes.call}>
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

const hintWords: Record<string, [on: string, off: string]> = {
  readOnlyHint: ['read-only', 'writes'],
  destructiveHint: ['destructive', 'not destructive'],
  idempotentHint: ['idempotent', 'not idempotent'],
  openWorldHint: ['reaches outside', 'closed world'],
};

/** What the server claims about the tool (MCP annotations); claims, not guarantees. */
function Hints({ annotations }: { annotations: unknown }) {
  if (!isRecord(annotations)) return null;
  const words = Object.entries(hintWords).flatMap(([key, [on, off]]) => {
    const value = annotations[key];
    return typeof value === 'boolean' ? [value ? on : off] : [];
  });
  if (words.length === 0) return null;
  return (
    <ul className={classes.hints} aria-label="Hints by the server">
      {words.map((word) => (
        <li key={word}>{word}</li>
      ))}
    </ul>
  );
}

type SectionProps = { title: string; label: string; schema: unknown };

function SchemaSection({ title, label, schema }: SectionProps) {
  const [form, setForm] = useState('table');
  return (
    <section className={classes.schema}>
      <div className={classes.schemaHead}>
        <h3>{title}</h3>
        <SegmentedControl
          size="xs"
          aria-label={`${title} as`}
          value={form}
          onChange={setForm}
          data={[
            { value: 'table', label: 'Table' },
            { value: 'json', label: 'JSON Schema' },
          ]}
        />
      </div>
      {form === 'table' ? (
        <SchemaTable schema={asSchema(schema)} />
      ) : (
        <JsonView value={schema} label={label} />
      )}
    </section>
  );
}
