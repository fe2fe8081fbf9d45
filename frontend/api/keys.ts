/** Query keys, in one place, so that an event can refresh exactly what it made stale. */
export const keys = {
  provider: (id: string) => ['provider', id] as const,
  detail: (id: string) => ['provider', id, 'detail'] as const,
  health: (id: string) => ['provider', id, 'health'] as const,
  tools: (id: string) => ['provider', id, 'tools'] as const,
  fleetTools: ['tools'] as const,
  groups: ['groups'] as const,
  group: (id: string) => ['groups', id] as const,
  operation: (id: string) => ['operations', id] as const,
  /** The log's newest page of these kinds. */
  events: (types: readonly string[], providerId = '') => ['events', providerId, ...types] as const,
  catalogAll: ['catalog'] as const,
  catalog: (query: object) => ['catalog', 'list', query] as const,
  entry: (id: string) => ['catalog', 'entry', id] as const,
  mirror: ['catalog', 'mirror'] as const,
  system: ['system'] as const,
};
