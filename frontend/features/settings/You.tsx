import { Button } from '@mantine/core';
import { IconLogout } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { signOut } from '../../api/session';
import type { WhoAmI } from '../../api/types';
import { useWhoAmI } from '../../hooks/useMay';
import { Failed } from '../../parts/Failed';
import { KeyValues } from '../../ui/KeyValues';
import { Loading } from '../../ui/Loading';
import classes from './SettingsPage.module.css';
import { byResource } from './view';
import { shown } from '../../ui/shown';

const ways: Record<WhoAmI['via'], string> = {
  local: 'nobody has to sign in here',
  key: 'with an API key',
  session: 'signed in with the browser',
};

/** Who one is here, and what one may. */
export function You() {
  const me = useWhoAmI();
  if (me.isPending) return <Loading label="Loading who you are" rows={4} />;
  if (!me.data) {
    return (
      <Failed
        title="Who you are could not be found out"
        error={me.error}
        onRetry={() => void me.refetch()}
      />
    );
  }
  const { principal_id: id, type, via, permissions } = me.data;
  const everything = permissions.includes('*:*');
  return (
    <div className={classes.page}>
      <section className={classes.section}>
        <h2>{shown(id)}</h2>
        <KeyValues
          items={[
            { name: 'Kind', value: type.replace('_', ' ') },
            { name: 'How', value: ways[via] },
          ]}
        />
        <p className={classes.links}>
          <Link to="/access" search={{ sel: id }}>
            Keys and roles
          </Link>
          <Link to="/audit" search={{ actor: id }}>
            What you did
          </Link>
        </p>
        {via === 'session' ? <SignOut /> : null}
      </section>
      <section className={classes.section}>
        <h2>You may</h2>
        {everything ? <p>Everything.</p> : null}
        {permissions.length === 0 ? <p>Nothing: ask for a role.</p> : null}
        <dl className={classes.permissions}>
          {byResource(permissions.filter((one) => one !== '*:*')).map(({ resource, actions }) => (
            <div key={resource}>
              <dt>{shown(resource)}</dt>
              <dd>{shown(actions.join(', '))}</dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  );
}

function SignOut() {
  const [failure, setFailure] = useState<unknown>(null);
  return (
    <>
      {failure === null ? null : <Failed title="You are still signed in" error={failure} />}
      <div>
        <Button
          leftSection={<IconLogout size={16} />}
          onClick={() => {
            signOut().catch(setFailure);
          }}
        >
          Sign out
        </Button>
      </div>
    </>
  );
}
