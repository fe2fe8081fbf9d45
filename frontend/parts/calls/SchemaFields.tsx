import {
  ActionIcon,
  Button,
  Checkbox,
  Input,
  NativeSelect,
  Textarea,
  TextInput,
} from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import {
  fieldsOf,
  initialDraft,
  isRecord,
  kindOf,
  type Draft,
  type Field,
  type Problems,
  type Schema,
} from './schema';
import classes from './Calls.module.css';
import { shown } from '../../ui/shown';

type Props = {
  schema: Schema;
  draft: Draft;
  problems: Problems;
  path?: string;
  onChange: (draft: Draft) => void;
};

/** The fields of an object, each in the widget of its type. */
export function SchemaFields({ schema, draft, problems, path = '', onChange }: Props) {
  const values = isRecord(draft) ? (draft as Record<string, Draft>) : {};
  return fieldsOf(schema).map((field) => (
    <FieldInput
      key={field.name}
      field={field}
      path={path === '' ? field.name : `${path}/${field.name}`}
      draft={values[field.name] ?? ''}
      problems={problems}
      onChange={(value) => {
        onChange({ ...values, [field.name]: value });
      }}
    />
  ));
}

type FieldProps = {
  field: Field;
  path: string;
  draft: Draft;
  problems: Problems;
  onChange: (draft: Draft) => void;
};

function FieldInput({ field, path, draft, problems, onChange }: FieldProps) {
  const text = typeof draft === 'string' ? draft : '';
  const common = {
    label: field.label,
    description: field.description,
    withAsterisk: field.required,
    error: problems[path],
  };
  const onText = (event: { currentTarget: { value: string } }) => {
    onChange(event.currentTarget.value);
  };
  switch (field.kind) {
    case 'string':
      return field.schema.writeOnly ? (
        <TextInput
          {...common}
          type="password"
          autoComplete="new-password"
          value={text}
          onChange={onText}
        />
      ) : (
        <Textarea
          {...common}
          placeholder={exampleOf(field)}
          autosize
          minRows={1}
          value={text}
          onChange={onText}
        />
      );
    case 'number':
    case 'integer':
      return <TextInput {...common} inputMode="decimal" value={text} onChange={onText} />;
    case 'boolean':
      return (
        <Checkbox
          label={field.label}
          description={field.description}
          checked={draft === true}
          onChange={(event) => {
            onChange(event.currentTarget.checked);
          }}
        />
      );
    case 'enum':
      return (
        <NativeSelect
          {...common}
          value={text}
          onChange={onText}
          data={['', ...(field.schema.enum ?? []).map(choiceOf)]}
        />
      );
    case 'object':
      return (
        <fieldset className={classes.nested}>
          <legend>{field.label}</legend>
          <SchemaFields
            schema={field.schema}
            draft={draft}
            problems={problems}
            path={path}
            onChange={onChange}
          />
        </fieldset>
      );
    case 'array':
      return (
        <ArrayInput
          field={field}
          path={path}
          draft={draft}
          problems={problems}
          onChange={onChange}
        />
      );
    case 'json':
      return (
        <Textarea
          {...common}
          placeholder="JSON"
          autosize
          minRows={2}
          spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mono)', fontSize: 12 } }}
          value={text}
          onChange={onText}
        />
      );
  }
}

const choiceOf = (value: unknown) => ({ value: String(value), label: shown(String(value)) });

function exampleOf(field: Field): string | undefined {
  const example: unknown = Array.isArray(field.schema.examples) ? field.schema.examples[0] : null;
  return typeof example === 'string' ? `such as ${shown(example)}` : undefined;
}

function ArrayInput({ field, path, draft, problems, onChange }: FieldProps) {
  const items = Array.isArray(draft) ? draft : [];
  const itemSchema = field.schema.items ?? {};
  const kind = kindOf(itemSchema);
  return (
    <fieldset className={classes.nested}>
      <legend>
        {field.label}
        {field.required ? ' *' : ''}
      </legend>
      {field.description ? <p className="muted">{field.description}</p> : null}
      {problems[path] ? <Input.Error>{problems[path]}</Input.Error> : null}
      {items.map((item, i) => {
        const label = `${field.label} ${i + 1}`;
        return (
          <div key={i} className={classes.item}>
            <FieldInput
              field={{
                name: String(i),
                label,
                kind,
                required: true,
                description: '',
                schema: itemSchema,
              }}
              path={`${path}/${i}`}
              draft={item}
              problems={problems}
              onChange={(value) => {
                onChange(items.map((one, at) => (at === i ? value : one)));
              }}
            />
            <ActionIcon
              aria-label={`Remove ${label}`}
              title="Remove"
              onClick={() => {
                onChange(items.filter((_, at) => at !== i));
              }}
            >
              <IconX size={16} />
            </ActionIcon>
          </div>
        );
      })}
      <div>
        <Button
          size="xs"
          leftSection={<IconPlus size={14} />}
          onClick={() => {
            onChange([...items, initialDraft(itemSchema)]);
          }}
        >
          Add {field.label}
        </Button>
      </div>
    </fieldset>
  );
}
