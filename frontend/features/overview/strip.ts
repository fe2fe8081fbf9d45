/** The fleet as cells: by group, the worst first. */
import type { Group } from '../../api/types';
import { byText } from '../../hooks/useListView';
import type { FleetProvider } from '../../store/reduce';
import { providerStates } from '../../store/states';

export type Section = { name: string; cells: FleetProvider[] };

/** A provider stands in the first group that has it. */
export function sectionsOf(
  providers: readonly FleetProvider[],
  groups: readonly Group[],
): Section[] {
  const home = new Map<string, string>();
  for (const group of [...groups].sort((a, b) => byText(a.group_id, b.group_id))) {
    for (const member of group.members) {
      if (!home.has(member.id)) home.set(member.id, group.group_id);
    }
  }
  const sections = new Map<string, FleetProvider[]>();
  for (const one of [...providers].sort(worstFirst)) {
    const name = home.get(one.provider) ?? '';
    const cells = sections.get(name);
    if (cells) cells.push(one);
    else sections.set(name, [one]);
  }
  return [...sections]
    .map(([name, cells]) => ({ name, cells }))
    .sort((a, b) => (a.name === '' ? 1 : b.name === '' ? -1 : byText(a.name, b.name)));
}

const rank = (one: FleetProvider) => providerStates.indexOf(one.state);

const worstFirst = (a: FleetProvider, b: FleetProvider) =>
  rank(a) - rank(b) || byText(a.provider, b.provider);

/** The more there are, the less each can say. */
export function sizeOf(count: number): 'name' | 'glyph' | 'dot' {
  if (count <= 40) return 'name';
  return count <= 300 ? 'glyph' : 'dot';
}
