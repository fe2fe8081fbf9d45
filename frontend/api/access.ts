import { api, must } from './client';
import type { KeyList, NewKey, Principal, RoleInfo, WhoAmI } from './types';

export const whoAmI = (signal?: AbortSignal): Promise<WhoAmI> =>
  must(api().GET('/api/auth/whoami', { signal: signal ?? null }));

export const listPrincipals = async (signal?: AbortSignal): Promise<Principal[]> => {
  const { principals } = await must(api().GET('/api/auth/principals', { signal: signal ?? null }));
  return principals;
};

export const listRoles = async (signal?: AbortSignal): Promise<RoleInfo[]> => {
  const { roles } = await must(api().GET('/api/auth/roles', { signal: signal ?? null }));
  return roles;
};

/** @param principal whose keys */
export const listKeys = (principal: string, signal?: AbortSignal): Promise<KeyList> =>
  must(
    api().GET('/api/auth/keys/{id}', {
      params: { path: { id: principal } },
      signal: signal ?? null,
    }),
  );

/** Its raw_key is told this once. */
export const createKey = (principal: string, name: string): Promise<NewKey> =>
  must(
    api().POST('/api/auth/keys', {
      body: { principal_id: principal, principal_type: 'user', name, created_by: 'dashboard' },
    }),
  );
