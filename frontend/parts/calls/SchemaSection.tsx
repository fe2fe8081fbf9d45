import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { JsonView } from '../../ui/JsonView';
import classes from './Calls.module.css';
import { asSchema } from './schema';
import { SchemaTable } from './SchemaTable';

type Props = { title: string; label: string; schema: unknown };

/** A schema as a table for people, and as what it is. */
export function SchemaSection({ title, label, schema }: Props) {
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
