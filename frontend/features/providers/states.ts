/** What a provider went through: from its events to one lane of a timeline, and its breaker's story. */
import type { EventFrame } from '../../api/types';
import { parseState, stateTone } from '../../store/states';
import type { Lane, Mark, Span } from '../../ui/timeline/Timeline';

export const lifeEvents = [
  'ProviderRegistered',
  'ProviderStateChanged',
  'ProviderStarted',
  'ProviderStopped',
  'ProviderUpdated',
  'ProviderAutoDisabled',
  'ProviderEnabled',
  'CircuitBreakerStateChanged',
] as const;

const glyphs: Record<string, [glyph: string, label: string]> = {
  ProviderStarted: ['▲', 'Started'],
  ProviderStopped: ['▼', 'Stopped'],
  ProviderUpdated: ['⎇', 'Definition changed'],
  ProviderAutoDisabled: ['✕', 'Disabled after failures'],
  ProviderEnabled: ['✓', 'Enabled again'],
  CircuitBreakerStateChanged: ['⚡', 'Circuit breaker'],
};

const text = (value: unknown) => (typeof value === 'string' ? value : '');
const at = (event: EventFrame) => Date.parse(event.timestamp);

/** @param events of one provider, oldest first */
export function lifeLane(id: string, events: readonly EventFrame[]): Lane {
  const spans: Span[] = [];
  const marks: Mark[] = [];
  for (const event of events) {
    if (event.event_type === 'ProviderStateChanged' || event.event_type === 'ProviderRegistered') {
      const state = parseState(event.new_state ?? 'cold');
      const last = spans.at(-1);
      if (last) last.to = at(event);
      const reason = text(event.reason);
      if (!state) continue;
      spans.push({
        key: event.event_id,
        from: at(event),
        to: null,
        tone: stateTone[state],
        label: state,
        ...(reason === '' || reason === state ? {} : { note: reason.replaceAll('_', ' ') }),
      });
    }
    const mark = isOwn(event) ? glyphs[event.event_type] : undefined;
    if (mark) {
      const change =
        event.event_type === 'CircuitBreakerStateChanged'
          ? `: ${text(event.old_state)} → ${text(event.new_state)}`
          : '';
      marks.push({
        key: event.event_id,
        at: at(event),
        glyph: mark[0],
        label: `${mark[1]}${change}`,
      });
    }
  }
  return { key: id, name: id, label: 'State', spans, marks };
}

/** A breaker that a group keeps of this member is the group's story. */
const isOwn = (event: EventFrame) =>
  event.event_type !== 'CircuitBreakerStateChanged' || text(event.group_id) === '';

export type Transition = { key: string; at: number; from: string; to: string };

/** The changes of the provider's own breaker, newest first. */
export function breakerStory(events: readonly EventFrame[]): Transition[] {
  return events
    .filter((event) => event.event_type === 'CircuitBreakerStateChanged' && isOwn(event))
    .map((event) => ({
      key: event.event_id,
      at: at(event),
      from: text(event.old_state).replace('_', '-'),
      to: text(event.new_state).replace('_', '-'),
    }))
    .reverse();
}
