import { Button, Switch, Textarea } from '@mantine/core';
import { useState } from 'react';
import { SchemaFields } from './SchemaFields';
import { build, fieldsOf, initialDraft, isRecord, type Problems, type Schema } from './schema';
import classes from './Calls.module.css';

type Props = {
  schema: Schema;
  running: boolean;
  onCall: (args: Record<string, unknown>, timeoutMs: number) => void;
  onCancel: () => void;
};

/** The API's own ceiling: a person watches this call and can cancel it, so it need not end earlier by itself. */
const timeoutMs = 600_000;

export function CallForm({ schema, running, onCall, onCancel }: Props) {
  const plain = fieldsOf(schema).length > 0 || Object.keys(schema.properties ?? {}).length === 0;
  const [draft, setDraft] = useState(() =>
    initialDraft({ ...schema, type: 'object', properties: schema.properties ?? {} }),
  );
  const [raw, setRaw] = useState<string | null>(plain ? null : '{}');
  const [problems, setProblems] = useState<Problems>({});
  const object: Schema = { ...schema, type: 'object', properties: schema.properties ?? {} };

  const submit = () => {
    const built = raw === null ? build(object, draft) : parseRaw(raw);
    setProblems(built.problems);
    if (Object.keys(built.problems).length > 0) return;
    onCall(isRecord(built.value) ? built.value : {}, timeoutMs);
  };

  return (
    <form
      className={classes.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!running) submit();
      }}
    >
      <div className={classes.formHead}>
        <h3>Call</h3>
        <Switch
          size="xs"
          label="Raw JSON"
          labelPosition="left"
          checked={raw !== null}
          onChange={(event) => {
            setProblems({});
            setRaw(
              event.currentTarget.checked
                ? JSON.stringify(build(object, draft).value ?? {}, null, 2)
                : null,
            );
          }}
        />
      </div>
      {raw === null ? (
        <>
          {fieldsOf(object).length === 0 ? <p className="muted">It takes no arguments.</p> : null}
          <SchemaFields schema={object} draft={draft} problems={problems} onChange={setDraft} />
        </>
      ) : (
        <Textarea
          label="Arguments"
          description="A JSON object, sent as it is"
          autosize
          minRows={4}
          spellCheck={false}
          error={problems['']}
          styles={{ input: { fontFamily: 'var(--mono)', fontSize: 12 } }}
          value={raw}
          onChange={(event) => {
            setRaw(event.currentTarget.value);
          }}
        />
      )}
      <div className={classes.formFoot}>
        {/* Two buttons, not one that changes: a click that cancels must not end as a click that submits. */}
        {running ? (
          <Button key="cancel" onClick={onCancel}>
            Cancel call
          </Button>
        ) : (
          <Button key="call" type="submit" variant="filled">
            Call tool
          </Button>
        )}
      </div>
    </form>
  );
}

function parseRaw(text: string): { value: unknown; problems: Problems } {
  try {
    const value: unknown = JSON.parse(text);
    return { value, problems: isRecord(value) ? {} : { '': 'Arguments are a JSON object' } };
  } catch (thrown) {
    return {
      value: undefined,
      problems: { '': thrown instanceof Error ? thrown.message : 'Not valid JSON' },
    };
  }
}
