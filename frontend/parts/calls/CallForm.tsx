import { Button, Switch, Textarea } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import { NeedsButton } from '../actions/NeedsButton';
import { useLacking } from '../../hooks/useMay';
import { parseExact } from '../../api/exact';
import { plain } from './plain';
import { SchemaFields } from './SchemaFields';
import { build, draftFrom, initialDraft, shows, type Built, type Problems } from './draft';
import { fieldsOf, isRecord, type Schema } from './schema';
import classes from './Calls.module.css';

export type Args = Record<string, unknown>;

type Props = {
  schema: Schema;
  running: boolean;
  /** The permissions that the call takes. */
  needs: readonly string[];
  /** What the form starts with; later changes do not reach it. */
  initial?: Args | undefined;
  onCall: (args: Args) => void;
  onCancel: () => void;
  /** Told what the arguments are at the moment, complete or not; null while they are no JSON. */
  onDraft?: ((args: Args | null) => void) | undefined;
  /** Beside the button that calls. */
  foot?: ReactNode;
};

/** Fields from the schema, or the JSON itself. Ctrl or ⌘ with Enter calls from anywhere inside. */
export function CallForm({
  schema,
  running,
  needs,
  initial,
  onCall,
  onCancel,
  onDraft,
  foot,
}: Props) {
  const denied = useLacking()(needs).length > 0;
  const idle = !running && !denied;
  const [object] = useState<Schema>(() => ({
    properties: {},
    ...plain(schema),
    type: 'object',
  }));
  const hasFields = fieldsOf(object).length > 0;
  const [draft, setDraft] = useState(() =>
    initial ? draftFrom(object, initial) : initialDraft(object),
  );
  const [raw, setRaw] = useState<string | null>(() =>
    startsRaw(object, initial) ? pretty(initial ?? {}) : null,
  );
  const [problems, setProblems] = useState<Problems>({});

  useEffect(() => {
    const built = raw === null ? build(object, draft) : parseRaw(raw);
    onDraft?.(isRecord(built.value) ? built.value : null);
  }, [object, draft, raw, onDraft]);

  const submit = () => {
    const built = raw === null ? build(object, draft) : parseRaw(raw);
    setProblems(built.problems);
    if (Object.keys(built.problems).length > 0) return;
    onCall(isRecord(built.value) ? built.value : {});
  };

  return (
    <form
      className={classes.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (idle) submit();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        if (idle) submit();
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
            if (event.currentTarget.checked) {
              setRaw(pretty(build(object, draft).value ?? {}));
              return;
            }
            // What was typed as JSON goes on in the fields; what is none is let go.
            const { value } = parseRaw(raw ?? '');
            if (isRecord(value)) setDraft(draftFrom(object, value));
            setRaw(null);
          }}
        />
      </div>
      {raw === null ? (
        <>
          {hasFields ? null : <p className="muted">It takes no arguments.</p>}
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
          <NeedsButton key="call" needs={needs} type="submit" variant="filled" title="Ctrl Enter">
            Call tool
          </NeedsButton>
        )}
        {foot}
      </div>
    </form>
  );
}

const pretty = (value: unknown) => JSON.stringify(value, null, 2);

/** Arguments that the fields cannot show must not be lost by showing fields. */
function startsRaw(object: Schema, initial: Args | undefined): boolean {
  const named = fieldsOf(object).map((field) => field.name);
  if (named.length === 0 && Object.keys(object.properties ?? {}).length > 0) return true;
  return !shows(object, initial);
}

function parseRaw(text: string): Built {
  try {
    const value = parseExact(text);
    return { value, problems: isRecord(value) ? {} : { '': 'Arguments are a JSON object' } };
  } catch (thrown) {
    return {
      value: undefined,
      problems: { '': thrown instanceof Error ? thrown.message : 'Not valid JSON' },
    };
  }
}
