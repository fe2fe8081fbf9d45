import { useState } from 'react';
import { fieldErrors, toApiError, type ApiError } from '../api/errors';

export type Hints = Readonly<Partial<Record<string, string>>>;

type Options = {
  /** The field of the form that the server means by a name, if it has one. */
  fieldOf: (name: string) => string | null | undefined;
  /** The field that names what is made: whatever has that name already is told there. */
  conflict?: string;
};

/** For a form whose fields are called as the server calls them: `permissions[2]` is about permissions. */
export const fieldsAre =
  (...fields: readonly string[]): Options['fieldOf'] =>
  (name) =>
    fields.find(
      (field) =>
        name === field || (/^[.[/]/.test(name.slice(field.length)) && name.startsWith(field)),
    );

/** What the server said, at the fields that it is about; `rest` when some of it belongs to none. */
export function place(error: ApiError, { fieldOf, conflict }: Options) {
  if (error.status === 409 && conflict !== undefined)
    return { placed: { [conflict]: error.message }, rest: false };
  const placed: Record<string, string> = {};
  const told = Object.entries(fieldErrors(error));
  let rest = told.length === 0;
  for (const [name, message] of told) {
    const field = fieldOf(name);
    if (field == null) rest = true;
    else placed[field] ??= message;
  }
  return { placed, rest };
}

/**
 * A form that is sent: what is wrong is told at its fields, before and after; what belongs to no field is a failure of
 * the whole. `save` takes what the form itself finds wrong, and what sends it.
 */
export function useSave(options: Options) {
  const [hints, setHints] = useState<Hints>({});
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [saving, setSaving] = useState(false);
  const save = async (wrong: Hints, act: () => Promise<void>) => {
    setHints(wrong);
    setFailure(null);
    if (Object.keys(wrong).length > 0) return;
    setSaving(true);
    try {
      await act();
    } catch (thrown) {
      const error = toApiError(thrown);
      const { placed, rest } = place(error, options);
      setHints(placed);
      setFailure(rest ? error : null);
    } finally {
      setSaving(false);
    }
  };
  return { hints, failure, saving, save };
}
