import { IconCube, IconPlugConnected, IconTool } from '@tabler/icons-react';
import type { FleetTool } from '../../api/types';
import type { Action, Destination, Icon } from '../../parts/actions/action';
import { groupActions } from '../../parts/actions/groupActions';
import { providerActions } from '../../parts/actions/providerActions';
import type { Group } from '../../api/types';
import type { FleetProvider } from '../../store/reduce';
import type { NavPage } from '../usePages';
import { shownName } from '../../ui/shown';

/** One line of the palette. */
export type Item = {
  id: string;
  section: string;
  title: string;
  /** Small, at the right. */
  note: string;
  icon: Icon;
  /** What typing is compared with. */
  words: string;
  /** It leads somewhere, or it does something. */
  go?: Destination;
  action?: Action;
};

type Fleet = {
  providers: readonly FleetProvider[];
  groups: readonly Group[];
  tools: readonly FleetTool[];
  pages: readonly NavPage[];
  /** An action as whoever looks may have it. */
  gate: (action: Action) => Action;
  /** What the shell itself can do. */
  own: readonly Action[];
};

/** Everything that can be gone to or done, now. */
export function itemsOf({ providers, groups, tools, pages, gate, own }: Fleet): Item[] {
  return [
    ...pages.map(pageItem),
    ...own.map((action) => actionItem(action, 'Actions')),
    ...providers.map((one) => ({
      id: `provider:${one.provider}`,
      section: 'Providers',
      title: one.provider,
      note: one.state,
      icon: IconPlugConnected,
      words: `${one.provider} ${one.mode} ${one.state} ${one.description}`,
      go: { to: '/providers/$id', params: { id: one.provider } },
    })),
    ...groups.map((one) => ({
      id: `group:${one.group_id}`,
      section: 'Groups',
      title: one.group_id,
      note: one.state,
      icon: IconCube,
      words: `${one.group_id} group ${one.state}`,
      go: { to: '/groups/$id', params: { id: one.group_id } },
    })),
    ...tools.map((one) => ({
      id: `tool:${one.provider_id}/${one.name}`,
      section: 'Tools',
      title: shownName(one.name),
      note: one.provider_id,
      icon: IconTool,
      words: `${one.name} ${one.title ?? ''} ${one.provider_id} tool`,
      go: { to: '/playground', search: { provider: one.provider_id, tool: one.name } },
    })),
    ...[...providers.flatMap(providerActions), ...groups.flatMap(groupActions)]
      .map(gate)
      .filter((action) => action.blocked === undefined)
      .map((action) => actionItem(action, 'Actions')),
  ];
}

const pageItem = ({ path, title, nav }: NavPage): Item => ({
  id: `page:${path}`,
  section: 'Pages',
  title,
  note: `g ${nav.key}`,
  icon: nav.icon,
  words: `${title} page ${nav.words ?? ''}`,
  go: { to: path },
});

const actionItem = (action: Action, section: string): Item => ({
  id: action.id,
  section,
  title: action.tier >= 2 ? `${action.label}…` : action.label,
  note: '',
  icon: action.icon,
  words: action.label,
  action,
});
