/** What the Playground shows, as pure functions of the fleet and the address. */
import type { Target } from '../../api/callTool';
import type { FleetTool, Group } from '../../api/types';
import { byText } from '../../hooks/useListView';
import type { UrlState } from '../../hooks/useUrlState';
import { parseExact } from '../../api/exact';
import { isRecord } from '../../parts/calls/schema';

/** Whom is called: `provider=` and `group=` in the address; null: nobody yet. */
export function targetOf(url: UrlState): Target | null {
  if (url.group) return { kind: 'group', id: url.group };
  return url.provider ? { kind: 'provider', id: url.provider } : null;
}

/** Arguments that came with the address; what is no JSON object is nothing. */
export function argsOf(url: UrlState): Record<string, unknown> | undefined {
  if (!url.args) return undefined;
  try {
    const value = parseExact(url.args);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Longer ones would make an address that some programs cut off. */
const longest = 1_500;

export function argsText(args: Record<string, unknown>): string {
  const text = JSON.stringify(args);
  return text.length <= longest && text !== '{}' ? text : '';
}

/** What can be chosen: of a group, each tool once, from the first member that has it. */
export function choices(
  tools: readonly FleetTool[],
  groups: readonly Group[],
  target: Target | null,
  text: string,
): FleetTool[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = ofTarget(tools, groups, target).filter((one) => {
    const all =
      `${one.name} ${one.title ?? ''} ${one.provider_id} ${one.description}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
  return found.sort((a, b) => byText(a.provider_id, b.provider_id) || byText(a.name, b.name));
}

function ofTarget(
  tools: readonly FleetTool[],
  groups: readonly Group[],
  target: Target | null,
): FleetTool[] {
  if (!target) return [...tools];
  if (target.kind === 'provider') return tools.filter((one) => one.provider_id === target.id);
  const members = new Set(
    groups.find((one) => one.group_id === target.id)?.members.map((one) => one.id),
  );
  const byName = new Map<string, FleetTool>();
  for (const one of tools) {
    if (members.has(one.provider_id) && !byName.has(one.name)) byName.set(one.name, one);
  }
  return [...byName.values()];
}
