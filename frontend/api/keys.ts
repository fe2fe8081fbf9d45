/** Query keys, in one place, so that an event can refresh exactly what it made stale. */
export const keys = {
  provider: (id: string) => ['provider', id] as const,
  detail: (id: string) => ['provider', id, 'detail'] as const,
  health: (id: string) => ['provider', id, 'health'] as const,
  system: ['system'] as const,
};
