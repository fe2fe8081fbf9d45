/** The Policies tab, as pure functions. */
import type { FleetTool, Policy, PolicyEffect } from '../../api/types';
import { byText, type Order } from '../../hooks/useListView';
import type { Field } from '../../ui/table';
import { globMatches, isGlob } from '../../hooks/glob';

export const policySortKeys = ['provider', 'tool', 'who', 'effect'] as const;
export type PolicySortKey = (typeof policySortKeys)[number];

const text: Record<PolicySortKey, (one: Policy) => string> = {
  provider: (one) => one.provider_id,
  tool: (one) => one.tool_name,
  who: (one) => one.principal_id,
  effect: (one) => one.effect,
};

export function selectPolicies(
  all: readonly Policy[],
  view: { text: string; effects: readonly string[]; order: Order<PolicySortKey> },
): Policy[] {
  const words = view.text.toLowerCase().split(/\s+/).filter(Boolean);
  const sign = view.order.descending ? -1 : 1;
  return all
    .filter((one) => {
      const place = `${one.provider_id} ${one.tool_name} ${one.principal_id}`.toLowerCase();
      return (
        (view.effects.length === 0 || view.effects.includes(one.effect)) &&
        words.every((word) => place.includes(word))
      );
    })
    .sort(
      (a, b) =>
        sign * byText(text[view.order.key](a), text[view.order.key](b)) ||
        policySortKeys.reduce((found, key) => found || byText(text[key](a), text[key](b)), 0),
    );
}

export const policyFields: readonly Field<Policy>[] = [
  { name: 'effect', value: (one) => one.effect },
  { name: 'principal_id', value: (one) => one.principal_id },
  { name: 'provider_id', value: (one) => one.provider_id },
  { name: 'tool_name', value: (one) => one.tool_name },
  { name: 'created_at', value: (one) => one.created_at },
];

/** The known tools that a place speaks of. */
export const covered = (
  tools: readonly FleetTool[],
  place: Pick<Policy, 'provider_id' | 'tool_name'>,
): FleetTool[] =>
  tools.filter(
    (one) =>
      globMatches(place.provider_id, one.provider_id) && globMatches(place.tool_name, one.name),
  );

/** Whom a policy is about, in words. */
export function whoText(subject: string): string {
  if (subject === '*') return 'everyone';
  const [kind, name] = subject.split(/:(.*)/s);
  if (kind === 'role' && name) return `everyone with the role ${name}`;
  if (kind === 'group' && name) return `the members of ${name}`;
  return subject;
}

/** What it does, in one sentence. */
export function meaning(
  effect: PolicyEffect,
  place: Pick<Policy, 'provider_id' | 'tool_name' | 'principal_id'>,
): string {
  const who = whoText(place.principal_id);
  const tool =
    place.tool_name === '*'
      ? 'any tool'
      : isGlob(place.tool_name)
        ? `tools like ${place.tool_name}`
        : place.tool_name;
  const provider =
    place.provider_id === '*'
      ? 'any provider'
      : isGlob(place.provider_id)
        ? `providers like ${place.provider_id}`
        : place.provider_id;
  if (effect === 'allow' && place.tool_name === '*')
    return `Of ${provider}, ${who} may call every tool that a role grants.`;
  return effect === 'deny'
    ? `${who} may not call ${tool} of ${provider}, whatever else allows it.`
    : `Of ${provider}, ${who} may call nothing but ${tool} and what other policies allow. A role has to grant it all the same.`;
}
