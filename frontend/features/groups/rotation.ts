/** Who was in the rotation of a group when: from the events to lanes of a timeline. */
import type { EventFrame, Group } from '../../api/types';
import type { Lane, Span } from '../../ui/timeline/Timeline';

export const rotationEvents = [
  'GroupMemberAdded',
  'GroupMemberRemoved',
  'GroupMemberHealthChanged',
  'GroupStateChanged',
  'CircuitBreakerStateChanged',
] as const;

const why: Record<string, string> = {
  added: 'it joined the group',
  rebalance: 'the group was rebalanced',
  hangar_restarted: 'Hangar was restarted',
  disabled: 'it was disabled',
};

/**
 * One lane per present member. What was before the oldest event is not known, so a lane begins there; a member of whom no
 * event tells has been as it is since the beginning of the picture.
 *
 * @param events oldest first
 */
export function rotationLanes(group: Group, events: readonly EventFrame[], from: number): Lane[] {
  const own = events.filter((event) => event.group_id === group.group_id);
  return group.members.map((member) => {
    const about = own.filter(
      (event) => event.member_id === member.id || event.provider_id === member.id,
    );
    const spans = spansOf(about);
    return {
      key: member.id,
      name: member.id,
      label: member.id,
      spans: spans.length > 0 ? spans : [inOrOut('now', from, member.in_rotation)],
      marks: about
        .filter((event) => event.event_type === 'CircuitBreakerStateChanged')
        .map((event) => ({
          key: event.event_id,
          at: Date.parse(event.timestamp),
          glyph: '⚡',
          label: `Breaker: ${String(event.old_state)} → ${String(event.new_state)}`,
        })),
    };
  });
}

function spansOf(events: readonly EventFrame[]): Span[] {
  const spans: Span[] = [];
  const end = (at: number) => {
    const last = spans.at(-1);
    if (last?.to === null) last.to = at;
  };
  for (const event of events) {
    const at = Date.parse(event.timestamp);
    if (event.event_type === 'GroupMemberRemoved') end(at);
    if (event.event_type !== 'GroupMemberHealthChanged') continue;
    end(at);
    const reason = typeof event.reason === 'string' ? event.reason : '';
    spans.push(inOrOut(event.event_id, at, event.in_rotation === true, why[reason] ?? reason));
  }
  return spans;
}

const inOrOut = (key: string, from: number, isIn: boolean, note = ''): Span => ({
  key,
  from,
  to: null,
  tone: isIn ? 'good' : 'warn',
  label: isIn ? 'in' : 'out',
  ...(note === '' ? {} : { note }),
});

/** From the oldest thing that is known to now, and a little room at the right. */
export function rangeOf(lanes: readonly Lane[], now: number, leastMs = 60_000) {
  const starts = lanes.flatMap((lane) => lane.spans.map((span) => span.from));
  const from = Math.min(now - leastMs, ...starts);
  return { from, to: now + (now - from) * 0.01 };
}
