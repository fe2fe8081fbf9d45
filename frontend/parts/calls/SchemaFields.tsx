import {
  ActionIcon,
  Button,
  Checkbox,
  Input,
  NativeSelect,
  Textarea,
  TextInput,
} from '@mantine/core';
import { IconChevronDown, IconPlus, IconX } from '@tabler/icons-react';
import { asShape, initialDraft, shapeDraft, type Draft, type Problems } from './draft';
import { fieldsOf, isRecord, kindOf, shapeName, type Field, type Schema } from './schema';
import classes from './Calls.module.css';
import { shown, shownJson } from '../../ui/shown';

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
      return (
        <TextInput
          {...common}
          placeholder={exampleOf(field)}
          inputMode="decimal"
          value={text}
          onChange={onText}
        />
      );
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
          rightSection={<IconChevronDown size={15} />}
          data={['', ...choicesOf(field.schema)]}
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
    case 'shapes':
      return (
        <ShapeInput
          field={field}
          path={path}
          draft={draft}
          problems={problems}
          onChange={onChange}
        />
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
          placeholder={exampleOf(field) ?? 'JSON'}
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

const choicesOf = (schema: Schema) =>
  (schema.enum ?? []).map((value, i) => ({
    value: String(value),
    label: shown(schema.enumNames?.[i] ?? String(value)),
  }));

function exampleOf(field: Field): string | undefined {
  const { examples } = field.schema;
  if (!Array.isArray(examples) || examples.length === 0) return undefined;
  const [example] = examples as [unknown];
  return `such as ${typeof example === 'string' ? shown(example) : shownJson(JSON.stringify(example))}`;
}

/** First which shape, then its fields. What was typed in one is not what another means, so each begins anew. */
function ShapeInput({ field, path, draft, problems, onChange }: FieldProps) {
  const shapes = field.schema.shapes ?? [];
  const { shape, value } = asShape(draft);
  const chosen = shape === '' ? undefined : shapes[Number(shape)];
  const none = field.schema.nullable ? 'null' : field.required ? 'choose one' : 'left out';
  return (
    <fieldset className={classes.nested}>
      <legend>
        {field.label}
        {field.required ? ' *' : ''}
      </legend>
      <NativeSelect
        aria-label={`Form of ${field.label}`}
        description={field.description}
        error={chosen ? undefined : problems[path]}
        rightSection={<IconChevronDown size={15} />}
        value={shape}
        data={[
          ...(shape !== '' && field.required && !field.schema.nullable
            ? []
            : [{ value: '', label: none }]),
          ...shapes.map((one, i) => ({ value: String(i), label: shapeName(one, i) })),
        ]}
        onChange={(event) => {
          onChange(shapeDraft(field.schema, event.currentTarget.value));
        }}
      />
      {chosen === undefined ? null : (
        <ShapeBody
          shape={chosen}
          label={shapeName(chosen, Number(shape))}
          path={path}
          draft={value}
          problems={problems}
          onChange={(next) => {
            onChange({ shape, value: next });
          }}
        />
      )}
    </fieldset>
  );
}

type BodyProps = Omit<FieldProps, 'field'> & { shape: Schema; label: string };

/** An object's fields stand in the frame that is there; anything else is one field. */
function ShapeBody({ shape, label, ...props }: BodyProps) {
  const kind = kindOf(shape);
  if (kind === 'object') return <SchemaFields schema={shape} {...props} />;
  const description = typeof shape.description === 'string' ? shown(shape.description) : '';
  return (
    <FieldInput
      field={{ name: label, label, kind, required: true, description, schema: shape }}
      {...props}
    />
  );
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
