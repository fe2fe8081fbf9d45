import { IconPlugConnected, IconTimelineEvent } from '@tabler/icons-react';
import type { ComponentType } from 'react';

export type Page = {
  /** Below the base path; `$name` is a parameter. */
  path: string;
  title: string;
  /** Present when the page stands in the navigation. */
  nav?: { group: string; icon: ComponentType<{ size?: number; stroke?: number }> };
  load: () => Promise<ComponentType>;
};

/** Every page of the dashboard: router, navigation and titles read this table and nothing else. */
export const pages: readonly Page[] = [
  {
    path: '/providers',
    title: 'Providers',
    nav: { group: 'Operate', icon: IconPlugConnected },
    load: async () => (await import('../features/providers/ProvidersPage')).ProvidersPage,
  },
  {
    path: '/providers/$id',
    title: 'Provider',
    load: async () => (await import('../features/providers/ProviderPage')).ProviderPage,
  },
  {
    path: '/events',
    title: 'Events',
    nav: { group: 'Observe', icon: IconTimelineEvent },
    load: async () => (await import('../features/events/EventsPage')).EventsPage,
  },
];

/** The page that / stands for until there is an overview. */
export const landing = '/providers';
