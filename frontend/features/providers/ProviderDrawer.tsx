import { Button, Drawer } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { fieldErrors, toApiError, type ApiError } from '../../api/errors';
import { keys } from '../../api/keys';
import { createProvider, getProvider, updateProvider } from '../../api/providers';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { ErrorPanel } from '../../ui/ErrorPanel';
import { announce } from '../../ui/LiveRegion';
import { Loading } from '../../ui/Loading';
import {
  check,
  emptyForm,
  fieldOf,
  formOf,
  newProvider,
  patchOf,
  type FormValues,
  type Hints,
} from './form';
import classes from './ProviderDrawer.module.css';
import { ProviderFields } from './ProviderFields';

type Props = { /** null: a new provider */ id: string | null; onClose: () => void };

export function ProviderDrawer({ id, onClose }: Props) {
  const detail = useQuery({
    queryKey: keys.detail(id ?? ''),
    queryFn: ({ signal }) => getProvider(id ?? '', signal),
    enabled: id !== null,
  });
  return (
    <Drawer
      opened
      onClose={onClose}
      size={480}
      title={id === null ? 'Add provider' : `Edit ${id}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {id === null ? <Form id={null} start={emptyForm} onClose={onClose} /> : null}
      {id !== null && detail.isPending ? <Loading label={`Loading ${id}`} rows={5} /> : null}
      {id !== null && detail.data ? (
        <Form id={id} start={formOf(detail.data)} onClose={onClose} />
      ) : null}
      {detail.error && !detail.data ? (
        <ErrorPanel
          title={`${id ?? ''} could not be loaded`}
          message={detail.error.message}
          code={toApiError(detail.error).type}
          requestId={toApiError(detail.error).requestId}
          onRetry={() => void detail.refetch()}
        />
      ) : null}
    </Drawer>
  );
}

type FormProps = { id: string | null; start: FormValues; onClose: () => void };

function Form({ id, start, onClose }: FormProps) {
  const queryClient = useQueryClient();
  const [values, setValues] = useState(start);
  const [hints, setHints] = useState<Hints>({});
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [saving, setSaving] = useState(false);
  const editing = id !== null;

  const save = async () => {
    const found = check(values, editing);
    setHints(found);
    setFailure(null);
    if (Object.keys(found).length > 0) return;
    setSaving(true);
    try {
      if (editing) await updateProvider(id, patchOf(values));
      else await createProvider(newProvider(values));
      announce(`${values.provider_id} is saved`);
      await queryClient.invalidateQueries({ queryKey: keys.provider(values.provider_id) });
      onClose();
    } catch (thrown) {
      const error = toApiError(thrown);
      const { placed, rest } = place(error);
      setHints(placed);
      setFailure(rest ? error : null);
    } finally {
      setSaving(false);
    }
  };

  return (
    <form
      noValidate
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {failure ? (
        <div className={classes.failure}>
          <ErrorPanel
            title={editing ? 'The change was not saved' : 'The provider was not added'}
            message={failure.message}
            code={failure.type}
            requestId={failure.requestId}
          />
        </div>
      ) : null}
      <ProviderFields
        values={values}
        hints={hints}
        editing={editing}
        onChange={(patch) => {
          setValues((before) => ({ ...before, ...patch }));
        }}
      />
      <div className={classes.actions}>
        <Button onClick={onClose}>Cancel</Button>
        <NeedsButton
          needs={[`provider:exec:${id ?? '*'}`]}
          type="submit"
          variant="filled"
          loading={saving}
        >
          {editing ? 'Save changes' : 'Add provider'}
        </NeedsButton>
      </div>
    </form>
  );
}

/** Messages at their fields; `rest` says that something is left which belongs to none of them. */
function place(error: ApiError): { placed: Hints; rest: boolean } {
  if (error.status === 409) return { placed: { provider_id: error.message }, rest: false };
  const placed: Hints = {};
  const messages = Object.entries(fieldErrors(error));
  let rest = messages.length === 0;
  for (const [field, message] of messages) {
    const name = fieldOf(field);
    if (name) placed[name] ??= message;
    else rest = true;
  }
  return { placed, rest };
}
