import { api, must } from './client';
import type { GroupList, Group, NewGroup } from './types';

const at = (id: string) => ({ params: { path: { group_id: id } } });

export const listGroups = (signal?: AbortSignal): Promise<GroupList> =>
  must(api().GET('/api/groups', { signal: signal ?? null }));

export const getGroup = (id: string, signal?: AbortSignal): Promise<Group> =>
  must(api().GET('/api/groups/{group_id}', { ...at(id), signal: signal ?? null }));

export const createGroup = (body: NewGroup) => must(api().POST('/api/groups', { body }));

export const addMember = (
  id: string,
  body: { member_id: string; weight: number; priority: number },
) => must(api().POST('/api/groups/{group_id}/members', { ...at(id), body }));
