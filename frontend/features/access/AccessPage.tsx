import { useQuery } from '@tanstack/react-query';
import { listPrincipals, listRoles, whoAmI } from '../../api/access';
import { keys } from '../../api/keys';
import { ActionFailures } from '../../parts/actions/ActionFailures';
import { Failed } from '../../parts/Failed';
import { Tabbed } from '../../parts/Tabbed';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { Principals } from './Principals';
import { Roles } from './Roles';

/** Who may do what: principals with their roles and keys, and what a role permits. */
export function AccessPage() {
  const me = useQuery({ queryKey: keys.whoAmI, queryFn: ({ signal }) => whoAmI(signal) });
  const principals = useQuery({
    queryKey: keys.principals,
    queryFn: ({ signal }) => listPrincipals(signal),
  });
  const roles = useQuery({ queryKey: keys.roles, queryFn: ({ signal }) => listRoles(signal) });
  const error = principals.error ?? roles.error;
  return (
    <>
      <PageHeader title="Access" aside={me.data ? `you are ${me.data.principal_id}` : null} />
      <ActionFailures about="access:" />
      {!error && (principals.isPending || roles.isPending) ? (
        <Loading label="Loading who may do what" rows={8} />
      ) : null}
      {error ? (
        <Failed
          title="Who may do what could not be loaded"
          error={error}
          onRetry={() => {
            void principals.refetch();
            void roles.refetch();
          }}
        />
      ) : null}
      {!error && principals.data && roles.data ? (
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
          ]}
        />
      ) : null}
    </>
  );
}
