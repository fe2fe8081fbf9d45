import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { Target } from '../../api/callTool';
import type { Tool } from '../../api/types';
import { asCli, asCurl, asMcp, asPython, asTypeScript } from '../../parts/calls/copies';
import { asSchema } from '../../parts/calls/schema';
import { CopyButton } from '../../ui/CopyButton';
import classes from './PlaygroundPage.module.css';
import { shown } from '../../ui/shown';

type Props = { target: Target; tool: Tool; args: Record<string, unknown> | null };

const forms = {
  curl: asCurl,
  cli: asCli,
  mcp: asMcp,
  typescript: asTypeScript,
  python: asPython,
} as const;
type Form = keyof typeof forms;

/** The call as it stands in the form, for a shell or a program. */
export function Copies({ target, tool, args }: Props) {
  const [form, setForm] = useState<Form>('curl');
  const text =
    args === null
      ? null
      : forms[form]({ target, tool: tool.name, args, schema: asSchema(tool.parameters) });
  return (
    <section className={classes.copies} aria-label="The same call elsewhere">
      <div className={classes.copiesHead}>
        <h3>The same call</h3>
        <SegmentedControl
          size="xs"
          aria-label="The same call as"
          value={form}
          onChange={(value) => {
            setForm(value);
          }}
          data={[
            { value: 'curl', label: 'curl' },
            { value: 'cli', label: 'CLI' },
            { value: 'mcp', label: 'MCP' },
            { value: 'typescript', label: 'TypeScript' },
            { value: 'python', label: 'Python' },
          ]}
        />
        {text === null ? null : <CopyButton text={text} label={`Copy ${names[form]}`} />}
      </div>
      {text === null ? (
        <p className="muted">
          {args === null
            ? 'The arguments are no JSON object yet.'
            : 'hangar call speaks to providers; a group is called by REST or MCP.'}
        </p>
      ) : (
        <pre className={classes.code} tabIndex={0} role="group" aria-label={names[form]}>
          {shown(text)}
        </pre>
      )}
    </section>
  );
}

const names: Record<Form, string> = {
  curl: 'curl',
  cli: 'CLI',
  mcp: 'MCP request',
  typescript: 'TypeScript',
  python: 'Python',
};
