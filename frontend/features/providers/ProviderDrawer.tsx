import { Button, Drawer } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toApiError } from '../../api/errors';
import { keys } from '../../api/keys';
import { createProvider, getProvider, updateProvider } from '../../api/providers';
import { useSave } from '../../hooks/useSave';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { ErrorPanel } from '../../ui/ErrorPanel';
import { announce } from '../../ui/LiveRegion';
import { Loading } from '../../ui/Loading';
import { check, emptyForm, fieldOf, formOf, newProvider, patchOf, type FormValues } from './form';
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
  const { hints, failure, saving, save } = useSave({ fieldOf, conflict: 'provider_id' });
  const editing = id !== null;

  const put = async () => {
    if (editing) await updateProvider(id, patchOf(values));
    else await createProvider(newProvider(values));
    announce(`${values.provider_id} is saved`);
    await queryClient.invalidateQueries({ queryKey: keys.provider(values.provider_id) });
    onClose();
  };

  return (
    <form
      noValidate
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        void save(check(values, editing), put);
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
