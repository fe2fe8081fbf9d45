import { Button, Drawer, Textarea, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { getVocabulary } from '../../api/access';
import { keys } from '../../api/keys';
import { send, type ApiRequest } from '../../api/send';
import type { RoleInfo, Vocabulary } from '../../api/types';
import { fieldsAre, useSave, type Hints } from '../../hooks/useSave';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { announce } from '../../ui/LiveRegion';
import { Loading } from '../../ui/Loading';
import classes from './AccessPage.module.css';
import { PermissionPicker } from './PermissionPicker';
import { nameProblem } from './permissions';
import { shown } from '../../ui/shown';

type Props = {
  /** Undefined: a new one. */
  role: RoleInfo | undefined;
  /** What a new one begins with. */
  copied: RoleInfo | undefined;
  roles: readonly RoleInfo[];
  onClose: () => void;
};

const fieldOf = fieldsAre('role_id', 'description', 'permissions');

export function RoleEditor({ role, copied, roles, onClose }: Props) {
  const vocabulary = useQuery({
    queryKey: keys.vocabulary,
    queryFn: ({ signal }) => getVocabulary(signal),
    staleTime: Infinity,
  });
  return (
    <Drawer
      opened
      onClose={onClose}
      size={560}
      title={role ? `Edit role ${shown(role.role_id)}` : 'Create role'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {vocabulary.isPending ? <Loading label="Loading permissions" rows={8} /> : null}
      {vocabulary.error ? (
        <Failed
          title="What a role can permit could not be loaded"
          error={vocabulary.error}
          onRetry={() => void vocabulary.refetch()}
        />
      ) : null}
      {vocabulary.data ? (
        <Form
          role={role}
          copied={copied}
          roles={roles}
          vocabulary={vocabulary.data}
          onClose={onClose}
        />
      ) : null}
    </Drawer>
  );
}

function Form({ role, copied, roles, vocabulary, onClose }: Props & { vocabulary: Vocabulary }) {
  const queryClient = useQueryClient();
  const [name, setName] = useState(role?.role_id ?? '');
  const [description, setDescription] = useState(role?.description ?? '');
  const [held, setHeld] = useState<string[]>((role ?? copied)?.permissions ?? []);
  const { hints, failure, saving, save } = useSave({ fieldOf, conflict: 'role_id' });
  const request = requestOf(role, { name: name.trim(), description, permissions: held });

  const check = (): Hints => {
    const taken = roles.map((one) => one.role_id);
    const problem = role ? undefined : nameProblem(name.trim(), vocabulary.reserved, taken);
    return problem ? { role_id: problem } : {};
  };
  const put = async () => {
    await send(request);
    announce(`The role ${name.trim()} is saved`);
    await queryClient.invalidateQueries({ queryKey: keys.access });
    onClose();
  };

  return (
    <form
      noValidate
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        void save(check(), put);
      }}
    >
      {failure ? <Failed title="The role was not saved" error={failure} /> : null}
      <TextInput
        label="Name"
        description={
          role
            ? 'Whoever has it keeps it; what it permits changes at once'
            : `Not one of these: ${vocabulary.reserved.join(', ')}`
        }
        autoFocus={role === undefined} // it comes after the drawer has looked for what to focus
        readOnly={role !== undefined}
        value={name}
        error={hints.role_id}
        onChange={(event) => {
          setName(event.currentTarget.value);
        }}
      />
      <Textarea
        label="What it is for"
        autosize
        minRows={1}
        value={description}
        error={hints.description}
        onChange={(event) => {
          setDescription(event.currentTarget.value);
        }}
      />
      <PermissionPicker
        vocabulary={vocabulary}
        held={held}
        problem={hints.permissions}
        onChange={setHeld}
      />
      <div className={classes.formActions}>
        <CurlButton requests={[request]} />
        <Button onClick={onClose}>Cancel</Button>
        <NeedsButton needs={['auth:update:*']} type="submit" variant="filled" loading={saving}>
          {role ? 'Save role' : 'Create role'}
        </NeedsButton>
      </div>
    </form>
  );
}

type Wanted = { name: string; description: string; permissions: readonly string[] };

function requestOf(role: RoleInfo | undefined, wanted: Wanted): ApiRequest {
  const { name, description, permissions } = wanted;
  return role
    ? {
        method: 'PUT',
        path: `api/auth/roles/${encodeURIComponent(role.role_id)}`,
        body: { description, permissions, updated_by: 'dashboard' },
      }
    : {
        method: 'POST',
        path: 'api/auth/roles',
        body: { role_id: name, description, permissions, created_by: 'dashboard' },
      };
}
