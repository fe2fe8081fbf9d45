import { ActionIcon, NativeSelect } from '@mantine/core';
import { IconChevronDown, IconX } from '@tabler/icons-react';
import type { Principal, RoleInfo } from '../../api/types';
import { ActionButton } from '../../parts/actions/ActionButton';
import { deletePrincipal, giveRole, takeRole } from '../../parts/actions/accessActions';
import { useDenial } from '../../parts/actions/useGate';
import { useTrigger } from '../../parts/actions/useTrigger';
import classes from './AccessPage.module.css';
import { KeySection } from './KeySection';
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
    <aside className={classes.panel} aria-label={`About ${shown(id)}`} tabIndex={0}>
      <div className={classes.panelHead}>
        <h2>{shown(id)}</h2>
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
  const denial = useDenial([`auth:update:${id}`]);
  const free = roles.filter((role) => !held.includes(role.role_id));
  return (
    <section>
      <h3>Roles</h3>
      {held.length === 0 ? <p className="muted">None: it may nothing.</p> : null}
      <ul aria-label={`Roles of ${shown(id)}`}>
        {held.map((role) => (
          <li key={role} className={classes.line}>
            {shown(role)}
            <ActionButton action={takeRole(id, role)} iconOnly />
          </li>
        ))}
      </ul>
      <NativeSelect
        aria-label="Give a role"
        title={denial}
        disabled={denial !== undefined}
        rightSection={<IconChevronDown size={15} />}
        value=""
        data={[
          { value: '', label: 'Give a role…' },
          ...free.map((role) => ({ value: role.role_id, label: shown(role.role_id) })),
        ]}
        onChange={(event) => {
          if (event.currentTarget.value !== '') trigger(giveRole(id, event.currentTarget.value));
        }}
      />
    </section>
  );
}
