/** From the form of an entry to the body of its deploy, and from what the server said back to the fields. */
import { fieldErrors, type ApiError } from '../../api/errors';
import type { CatalogEntry, Deployment } from '../../api/types';
import { build, type Draft, type Problems } from '../../parts/calls/draft';
import { asSchema, fieldsOf, isRecord, type Schema } from '../../parts/calls/schema';

export const formSchema = (entry: CatalogEntry): Schema => ({
  ...asSchema(entry.form),
  type: 'object',
  properties: asSchema(entry.form).properties ?? {},
});

type Built = { body: Deployment; problems: Problems };

/** What the server would refuse and a schema of fields does not say by its types. */
function pathProblems(schema: Schema, values: Record<string, unknown>): Problems {
  const problems: Problems = {};
  const check = (one: Schema & { format?: string }, value: unknown, path: string) => {
    if (Array.isArray(value)) {
      value.forEach((item, i) => {
        check(one.items ?? {}, item, `${path}/${i}`);
      });
    } else if (one.format === 'path' && typeof value === 'string' && !value.startsWith('/')) {
      problems[path] = 'An absolute path: it begins with /';
    }
  };
  for (const field of fieldsOf(schema)) check(field.schema, values[field.name], field.name);
  return problems;
}

/** What is wrong with the name of the provider to be; '' when nothing is. */
export function idProblem(id: string, taken: (id: string) => boolean): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id.trim())) return 'Letters, digits, _ and -, at most 64';
  return taken(id.trim()) ? 'There is a provider of this name' : '';
}

/** While a form is being filled in, what is still empty is not wrong yet. */
export const wrongOnly = (problems: Problems): Problems =>
  Object.fromEntries(Object.entries(problems).filter(([, message]) => message !== 'Needed'));

/** Secrets travel apart from variables, so that the server never mistakes one for the other. */
export function deployment(schema: Schema, draft: Draft, id: string, start: boolean): Built {
  const { value, problems } = build(schema, draft);
  const values = isRecord(value) ? value : {};
  const secret = new Set(
    fieldsOf(schema)
      .filter((field) => field.schema.writeOnly)
      .map((field) => field.name),
  );
  const pick = (wanted: boolean) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => secret.has(name) === wanted));
  return {
    body: {
      provider_id: id.trim(),
      variables: pick(false),
      secrets: pick(true),
      start,
      wait: false,
    },
    problems: { ...pathProblems(schema, values), ...problems },
  };
}

/** The same, fit to be shown: a secret is named where its value would stand. */
export function shown(body: Deployment): Deployment {
  const named = Object.keys(body.secrets ?? {}).map((name) => [
    name,
    `\${env:${name.toUpperCase().replace(/\W/g, '_')}}`,
  ]);
  return { ...body, secrets: Object.fromEntries(named) as Record<string, string> };
}

/** Messages by the field that they are about: `variables.host`, `secrets.token`, `provider_id`. */
export function place(error: ApiError): { problems: Problems; id: string; rest: boolean } {
  if (error.status === 409) return { problems: {}, id: error.message, rest: false };
  const problems: Problems = {};
  let id = '';
  let rest = false;
  const entries = Object.entries(fieldErrors(error));
  for (const [field, message] of entries) {
    const name = /^(?:variables|secrets)[./](.+)$/.exec(field)?.[1];
    if (name) problems[name] = message;
    else if (field === 'provider_id') id = message;
    else rest = true;
  }
  return { problems, id, rest: rest || entries.length === 0 };
}

/** An id that nobody has: github, github-2, and so on. */
export function freeId(wanted: string, taken: (id: string) => boolean): string {
  if (!taken(wanted)) return wanted;
  for (let n = 2; ; n += 1) {
    const next = `${wanted.slice(0, 60)}-${n}`;
    if (!taken(next)) return next;
  }
}
