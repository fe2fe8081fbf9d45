import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core';
import { IconChevronDown, IconKey, IconX } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { createKey, listKeys } from '../../api/access';
import { toApiError, type ApiError } from '../../api/errors';
import { keys } from '../../api/keys';
import type { KeyInfo, NewKey, Principal, RoleInfo } from '../../api/types';
import { useNow } from '../../hooks/useNow';
import { ActionButton } from '../../parts/actions/ActionButton';
import { deletePrincipal, giveRole, revokeKey, takeRole } from '../../parts/actions/accessActions';
import { useTrigger } from '../../parts/actions/useTrigger';
import { Failed } from '../../parts/Failed';
import { CopyButton } from '../../ui/CopyButton';
import { announce } from '../../ui/LiveRegion';
import { Loading } from '../../ui/Loading';
import { RelativeTime } from '../../ui/RelativeTime';
import classes from './AccessPage.module.css';
import { shown } from '../../ui/shown';

type Props = {
  id: string;
  /** Undefined while it has neither key nor role. */
  known: Principal | undefined;
  roles: readonly RoleInfo[];
  onClose: () => void;
};

export function PrincipalPanel({ id, known, roles, onClose }: Props) {
  return (
    <aside className={classes.panel} aria-label={`About ${id}`} tabIndex={0}>
      <div className={classes.panelHead}>
        <h2>{id}</h2>
        {known ? <ActionButton action={deletePrincipal(known)} iconOnly /> : null}
        <ActionIcon aria-label="Close" title="Close" onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <RoleList id={id} held={known?.roles ?? []} roles={roles} />
      <KeySection id={id} exists={known !== undefined} />
    </aside>
  );
}

type RoleProps = { id: string; held: readonly string[]; roles: readonly RoleInfo[] };

function RoleList({ id, held, roles }: RoleProps) {
  const trigger = useTrigger();
  const free = roles.filter((role) => !held.includes(role.role_id));
  return (
    <section>
      <h3>Roles</h3>
      {held.length === 0 ? <p className="muted">None: it may nothing.</p> : null}
      <ul aria-label={`Roles of ${id}`}>
        {held.map((role) => (
          <li key={role} className={classes.line}>
            {role}
            <ActionButton action={takeRole(id, role)} iconOnly />
          </li>
        ))}
      </ul>
      <NativeSelect
        aria-label="Give a role"
        rightSection={<IconChevronDown size={15} />}
        value=""
        data={[
          { value: '', label: 'Give a role…' },
          ...free.map((role) => ({ value: role.role_id, label: role.role_id })),
        ]}
        onChange={(event) => {
          if (event.currentTarget.value !== '') trigger(giveRole(id, event.currentTarget.value));
        }}
      />
    </section>
  );
}

/** @param exists before its first key or role it has no list of keys that one could ask for */
function KeySection({ id, exists }: { id: string; exists: boolean }) {
  const queryClient = useQueryClient();
  const now = useNow(10_000);
  const [name, setName] = useState('');
  const [made, setMade] = useState<NewKey | null>(null);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [saving, setSaving] = useState(false);
  const list = useQuery({
    queryKey: keys.keysOf(id),
    queryFn: ({ signal }) => listKeys(id, signal),
    enabled: exists,
    retry: false,
  });
  const make = async () => {
    setSaving(true);
    setFailure(null);
    try {
      setMade(await createKey(id, name.trim()));
      announce(`The key ${name.trim()} is made; it is shown once`);
      setName('');
      await queryClient.invalidateQueries({ queryKey: keys.access });
    } catch (thrown) {
      setFailure(toApiError(thrown));
    } finally {
      setSaving(false);
    }
  };
  return (
    <section>
      <h3>Keys</h3>
      {made ? <Revealed made={made} /> : null}
      {failure ? <Failed title="No key was made" error={failure} /> : null}
      {exists && list.isPending ? <Loading label="Loading keys" rows={3} /> : null}
      {list.error ? (
        <Failed
          title="The keys could not be loaded"
          error={list.error}
          onRetry={() => void list.refetch()}
        />
      ) : null}
      <ul aria-label={`Keys of ${id}`}>
        {(list.data?.keys ?? []).map((key) => (
          <KeyLine key={key.key_id} info={key} now={now} />
        ))}
      </ul>
      <form
        className={classes.make}
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== '') void make();
        }}
      >
        <TextInput
          aria-label="Name of a new key"
          placeholder="what the key is for"
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
        <Button type="submit" loading={saving} leftSection={<IconKey size={16} />}>
          Create key
        </Button>
      </form>
    </section>
  );
}

function KeyLine({ info, now }: { info: KeyInfo; now: number }) {
  return (
    <li className={classes.line}>
      <span>
        <span className={info.active ? undefined : classes.gone}>{shown(info.name)}</span>{' '}
        <code className="mono muted">{info.prefix}…</code>
        <br />
        <span className="muted">
          {info.revoked ? 'revoked' : info.active ? 'last used ' : 'expired'}
          {info.active ? <RelativeTime iso={info.last_used_at} now={now} /> : null}
        </span>
      </span>
      {info.active ? <ActionButton action={revokeKey(info)} iconOnly /> : null}
    </li>
  );
}

/** The only time that the key is shown. */
function Revealed({ made }: { made: NewKey }) {
  return (
    <div className={classes.revealed} role="status">
      <p>
        The key <strong>{shown(made.name)}</strong> is shown this once: copy it now.
      </p>
      <div className={classes.line}>
        <code className="mono">{made.raw_key}</code>
        <CopyButton text={made.raw_key} label="Copy the key" />
      </div>
    </div>
  );
}
