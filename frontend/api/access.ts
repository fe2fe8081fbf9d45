import { api, must } from './client';
import type {
  Decision,
  KeyList,
  NewKey,
  Policy,
  PolicyView,
  Principal,
  RoleInfo,
  Vocabulary,
  WhoAmI,
} from './types';

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

export const listPolicies = async (signal?: AbortSignal): Promise<Policy[]> => {
  const { policies } = await must(api().GET('/api/auth/policies', { signal: signal ?? null }));
  return policies;
};

/** Which policies speak of a tool, and what follows for everybody. */
export const getPolicies = (
  provider: string,
  tool: string,
  signal?: AbortSignal,
): Promise<PolicyView> =>
  must(
    api().GET('/api/auth/policies/{provider_id}/{tool_name}', {
      params: { path: { provider_id: provider, tool_name: tool } },
      signal: signal ?? null,
    }),
  );

/** @param principal of this one only; of everybody when empty */
export const explainAccess = async (
  provider: string,
  tool: string,
  principal: string,
  signal?: AbortSignal,
): Promise<Decision[]> => {
  const { decisions } = await must(
    api().POST('/api/auth/explain', {
      body: {
        provider_id: provider,
        tool_name: tool,
        ...(principal === '' ? {} : { principal_id: principal }),
      },
      signal: signal ?? null,
    }),
  );
  return decisions;
};

/** What a role can permit, and how it cannot be called. */
export const getVocabulary = (signal?: AbortSignal): Promise<Vocabulary> =>
  must(api().GET('/api/auth/permissions', { signal: signal ?? null }));
