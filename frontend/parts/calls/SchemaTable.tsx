import { fieldsOf, kindOf, shapeName, type Schema } from './schema';
import classes from './Calls.module.css';
import { shown, shownJson } from '../../ui/shown';

type Props = { schema: Schema };

/** A schema's own properties as a table; what is nested deeper is in the JSON view. */
export function SchemaTable({ schema }: Props) {
  const fields = fieldsOf(schema);
  if (fields.length === 0) return <p className="muted">None.</p>;
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Type</th>
          <th scope="col">Description</th>
        </tr>
      </thead>
      <tbody>
        {fields.map((field) => (
          <tr key={field.name}>
            <td className="mono">
              {shown(field.name)}
              {field.required ? <span title="required"> *</span> : null}
            </td>
            <td className="muted">{typeWords(field.schema)}</td>
            <td>
              {field.description}
              {field.schema.default === undefined ? null : (
                <span className="muted">
                  {' '}
                  Default {shownJson(JSON.stringify(field.schema.default))}.
                </span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function typeWords(schema: Schema): string {
  const kind = kindOf(schema);
  if (kind === 'enum')
    return (schema.enum ?? []).map((one) => shownJson(JSON.stringify(one))).join(' | ');
  if (kind === 'array') return `array of ${typeWords(schema.items ?? {})}`;
  if (kind === 'shapes')
    return (schema.shapes ?? []).map((one, i) => shapeName(one, i)).join(' | ');
  if (kind === 'json') return typeof schema.type === 'string' ? schema.type : 'any';
  return kind;
}
