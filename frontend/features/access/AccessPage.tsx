import { useQuery } from '@tanstack/react-query';
import { lazy } from 'react';
import { listPolicies, listPrincipals, listRoles, whoAmI } from '../../api/access';
import { keys } from '../../api/keys';
import { ActionFailures } from '../../parts/actions/ActionFailures';
import { Failed } from '../../parts/Failed';
import { Tabbed } from '../../parts/Tabbed';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { Principals } from './Principals';
import { Roles } from './Roles';
import { shown } from '../../ui/shown';

const Policies = lazy(async () => ({ default: (await import('./Policies')).Policies }));
const WhoCanCall = lazy(async () => ({ default: (await import('./WhoCanCall')).WhoCanCall }));

/** Who may do what: principals with their roles and keys, what a role permits, and what policies narrow. */
export function AccessPage() {
  const me = useQuery({ queryKey: keys.whoAmI, queryFn: ({ signal }) => whoAmI(signal) });
  const principals = useQuery({
    queryKey: keys.principals,
    queryFn: ({ signal }) => listPrincipals(signal),
  });
  const roles = useQuery({ queryKey: keys.roles, queryFn: ({ signal }) => listRoles(signal) });
  const policies = useQuery({
    queryKey: keys.policies,
    queryFn: ({ signal }) => listPolicies(signal),
  });
  const error = principals.error ?? roles.error ?? policies.error;
  return (
    <>
      <PageHeader
        title="Access"
        aside={me.data ? `you are ${shown(me.data.principal_id)}` : null}
      />
      <ActionFailures about="access:" />
      {!error && (principals.isPending || roles.isPending || policies.isPending) ? (
        <Loading label="Loading who may do what" rows={8} />
      ) : null}
      {error ? (
        <Failed
          title="Who may do what could not be loaded"
          error={error}
          onRetry={() => {
            void principals.refetch();
            void roles.refetch();
            void policies.refetch();
          }}
        />
      ) : null}
      {!error && principals.data && roles.data && policies.data ? (
        <Tabbed
          about="Access"
          tabs={[
            {
              key: 'principals',
              title: 'Principals',
              count: principals.data.length,
              body: () => <Principals principals={principals.data} roles={roles.data} />,
            },
            {
              key: 'roles',
              title: 'Roles',
              count: roles.data.length,
              body: () => <Roles roles={roles.data} />,
            },
            {
              key: 'policies',
              title: 'Policies',
              count: policies.data.length,
              body: () => (
                <Policies
                  policies={policies.data}
                  principals={principals.data}
                  roles={roles.data}
                />
              ),
            },
            {
              key: 'who',
              title: 'Who can call this',
              body: () => <WhoCanCall principals={principals.data} />,
            },
          ]}
        />
      ) : null}
    </>
  );
}
