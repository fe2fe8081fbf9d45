/** An event in one sentence, for people. The payload stays beside it for everything else. */
import type { EventFrame } from '../api/types';
import { formatDuration, plural } from '../ui/format';
import { adminWriters } from './adminEvents';
import {
  formatShare,
  join,
  list,
  ms,
  said,
  text,
  words,
  type EventText,
  type Writer,
} from './eventFields';
import { parseState, stateTone } from './states';

export type { EventText };

const writers: Record<string, Writer> = {
  ...adminWriters,
  ProviderRegistered: (e) => ({
    tone: null,
    text: `Registered as ${text(e, 'mode') || 'a provider'} by ${text(e, 'source') || 'someone'}`,
  }),
  ProviderUpdated: (e) => ({ tone: null, text: `Definition changed by ${text(e, 'source')}` }),
  ProviderDeregistered: (e) => ({ tone: null, text: `Removed by ${text(e, 'source')}` }),
  ProviderStateChanged: (e) => {
    const to = parseState(e.new_state);
    const change = `${text(e, 'old_state').toLowerCase()} → ${text(e, 'new_state').toLowerCase()}`;
    const reason = text(e, 'reason');
    return {
      tone: to ? stateTone[to] : null,
      text: join(': ', change, reason === to ? '' : reason),
    };
  },
  ProviderStarted: (e) => ({
    tone: 'good',
    text: `Started in ${ms(e, 'startup_duration_ms')} with ${plural(Number(e.tools_count ?? 0), 'tool')}`,
  }),
  ProviderStopped: (e) => ({ tone: null, text: join(': ', 'Stopped', text(e, 'reason')) }),
  ProviderDegraded: (e) => ({
    tone: 'warn',
    text: join(
      ': ',
      `${plural(Number(e.consecutive_failures ?? 0), 'failure')} in a row`,
      text(e, 'reason'),
    ),
  }),
  ProviderIdleDetected: (e) => ({
    tone: null,
    text: `No call for ${formatDuration(Number(e.idle_duration_s ?? 0) * 1_000)}`,
  }),
  ToolDefinitionChanged: (e) => ({
    tone: 'warn',
    text: `${text(e, 'tool_name')} is not what it was: its definition has changed`,
  }),
  ProviderToolsChanged: (e) => ({
    tone: null,
    text: changed(e, plural(Number(e.tools_count ?? 0), 'tool')),
  }),
  ProviderPromptsChanged: (e) => ({
    tone: null,
    text: changed(e, plural(Number(e.prompts_count ?? 0), 'prompt')),
  }),
  ProviderResourcesChanged: (e) => ({
    tone: null,
    text: changed(
      e,
      plural(Number(e.resources_count ?? 0), 'resource'),
      plural(Number(e.templates_count ?? 0), 'template'),
    ),
  }),
  HealthCheckPassed: (e) => ({ tone: 'good', text: `Answered in ${ms(e)}` }),
  HealthCheckFailed: (e) => ({ tone: 'bad', text: text(e, 'error_message') }),
  ToolInvocationCompleted: (e) => ({
    tone: e.is_error === true ? 'warn' : 'good',
    text: `${text(e, 'tool_name')} ${e.is_error === true ? 'answered with an error' : 'answered'} in ${ms(e)}`,
  }),
  ToolInvocationFailed: (e) => ({
    tone: 'bad',
    text: join(': ', `${text(e, 'tool_name')} failed after ${ms(e)}`, text(e, 'error_message')),
  }),
  ProviderAutoDisabled: (e) => ({
    tone: 'bad',
    text: join(
      ': ',
      `Disabled after ${plural(Number(e.failure_cycles ?? 0), 'failure')}`,
      text(e, 'reason'),
    ),
  }),
  ProviderEnabled: () => ({ tone: null, text: 'Enabled again' }),
  CircuitBreakerStateChanged: (e) => ({
    tone: e.new_state === 'open' ? 'bad' : e.new_state === 'closed' ? 'good' : 'warn',
    text: `Circuit breaker: ${text(e, 'old_state')} → ${text(e, 'new_state').replace('_', '-')}`,
  }),
  GroupCreated: (e) => ({ tone: null, text: `Group ${text(e, 'group_id')} created` }),
  GroupUpdated: (e) => ({ tone: null, text: `Group ${text(e, 'group_id')} changed` }),
  GroupDeleted: (e) => ({ tone: null, text: `Group ${text(e, 'group_id')} deleted` }),
  GroupMemberAdded: (e) => ({
    tone: null,
    text: `${text(e, 'member_id')} joined group ${text(e, 'group_id')}`,
  }),
  GroupMemberRemoved: (e) => ({
    tone: null,
    text: `${text(e, 'member_id')} left group ${text(e, 'group_id')}`,
  }),
  GroupMemberHealthChanged: (e) => ({
    tone: e.in_rotation === true ? 'good' : 'warn',
    text: `${text(e, 'member_id')} is ${e.in_rotation === true ? 'in' : 'out of'} the rotation of ${text(e, 'group_id')}`,
  }),
  GroupStateChanged: (e) => ({
    tone: e.new_state === 'healthy' ? 'good' : 'warn',
    text: `Group ${text(e, 'group_id')}: ${text(e, 'old_state')} → ${text(e, 'new_state')}`,
  }),
  GroupCircuitOpened: (e) => ({ tone: 'bad', text: `No member of ${text(e, 'group_id')} answers` }),
  GroupCircuitClosed: (e) => ({ tone: 'good', text: `${text(e, 'group_id')} answers again` }),
  OperationStarted: (e) => ({ tone: null, text: `${words(text(e, 'operation_type'))} began` }),
  OperationProgress: (e) => ({
    tone: null,
    text: join(': ', formatShare(Number(said(e).progress ?? 0)), text(said(e), 'message')),
  }),
  OperationStatus: (e) => ({
    tone: null,
    text: join(': ', words(text(said(e), 'status')), text(said(e), 'message')),
  }),
  OperationLog: (e) => ({
    tone: null,
    text: join(': ', text(said(e), 'level'), text(said(e), 'message')),
  }),
  OperationResult: () => ({ tone: null, text: 'Gave its result' }),
  OperationCompleted: (e) => ({
    tone: 'good',
    text: `Completed in ${formatDuration(Number(said(e).duration ?? 0) * 1_000)}`,
  }),
  OperationError: (e) => ({ tone: 'bad', text: text(said(e), 'error') }),
  AlertFired: (e) => ({
    tone: e.level === 'critical' ? 'bad' : 'warn',
    text: text(e, 'message'),
  }),
  AlertResolved: (e) => ({ tone: 'good', text: words(text(e, 'rule')) }),
  AlertAcknowledged: (e) => ({
    tone: null,
    text: join(': ', words(text(e, 'rule')), text(e, 'note')),
  }),
  AlertAcknowledgementEnded: (e) => ({ tone: null, text: words(text(e, 'rule')) }),
  AlertSilenced: (e) => ({ tone: null, text: join(': ', 'Silenced', text(e, 'reason')) }),
  AlertSilenceEnded: () => ({ tone: null, text: 'Silence taken back' }),
  EventStreamCompacted: (e) => ({
    tone: null,
    text: join(': ', text(e, 'stream_id'), text(e, 'events_deleted')),
  }),
  LogLevelChanged: (e) => ({
    tone: null,
    text: `Log level ${text(e, 'new_level')}`,
  }),
  SystemStarted: (e) => ({ tone: null, text: join(' ', 'Hangar started', text(e, 'version')) }),
  SystemStopped: (e) => ({ tone: null, text: join(': ', 'Hangar stopped', text(e, 'reason')) }),
};

/** How many there are, and which came, went and changed. */
function changed(e: EventFrame, ...counts: string[]): string {
  const parts = (['added', 'removed', 'changed'] as const).map((kind) => {
    const names = list(e, kind);
    return names.length === 0 ? '' : `${kind} ${names.join(', ')}`;
  });
  return join('; ', counts.join(', '), ...parts);
}

/** A kind that this build does not know still shows its name and payload. */
export function eventText(event: EventFrame): EventText {
  return writers[event.event_type]?.(event) ?? { tone: null, text: '' };
}

/** All kinds there are words for, for filters. */
export const knownEventTypes: readonly string[] = Object.keys(writers);
