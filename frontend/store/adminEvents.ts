/** Words for what people and the process do to the fleet: catalog, configuration, access, discovery, and what was refused. */
import type { EventFrame } from '../api/types';
import { formatDuration, plural } from '../ui/format';
import { join, list, ms, text, words, type Writer } from './eventFields';

const plain = (sentence: (e: EventFrame) => string): Writer => {
  return (e) => ({ tone: null, text: sentence(e) });
};

const number = (e: EventFrame, field: string): number => Number(e[field] ?? 0);

/** "math, web added; pool removed" from the lists of a reload. */
const plan = (e: EventFrame): string => {
  const parts = (['added', 'removed', 'updated'] as const).flatMap((what) => {
    const names = [...list(e, `providers_${what}`), ...list(e, `groups_${what}`)];
    return names.length === 0 ? [] : [`${names.join(', ')} ${what}`];
  });
  const restart = list(e, 'needs_restart');
  if (restart.length > 0) parts.push(`waits for a restart: ${restart.join(', ')}`);
  return parts.length === 0 ? 'nothing changed' : parts.join('; ');
};

const entry = (did: string) =>
  plain((e) => `${text(e, 'name') || text(e, 'entry_id')} ${did} the catalog`);

const source = (e: EventFrame) => join(' ', text(e, 'source_type'), 'source', text(e, 'source_id'));

const found = (e: EventFrame) => text(e, 'provider_name');

/** "provider:read, tool:list and 3 more" */
const permissions = (e: EventFrame): string => {
  const all = list(e, 'permissions');
  const more = all.length > 3 ? ` and ${all.length - 3} more` : '';
  return all.slice(0, 3).join(', ') + more;
};

/** The place of a policy, in one word each. */
const place = (e: EventFrame) =>
  `${text(e, 'tool_name')} of ${text(e, 'provider_id')} for ${text(e, 'principal_id')}`;

/** What was refused: whom, where, why, and how often when it was more than once. */
const refused =
  (what: string, tone: 'warn' | 'bad' = 'warn'): Writer =>
  (e) => {
    const times = number(e, 'times');
    const who = join(' from ', text(e, 'principal_id'), text(e, 'address'));
    return {
      tone,
      text:
        join(': ', join(' ', what, who), join(': ', text(e, 'door'), text(e, 'reason'))) +
        (times > 1 ? ` (${times} times)` : ''),
    };
  };

export const adminWriters: Record<string, Writer> = {
  BatchInvocationCompleted: (e) => ({
    tone: e.result === 'success' ? 'good' : 'warn',
    text:
      e.result === 'validation_error'
        ? `Batch of ${plural(number(e, 'total'), 'call')} was refused`
        : `Batch of ${plural(number(e, 'total'), 'call')}: ${number(e, 'succeeded')} succeeded, ${number(e, 'failed')} failed, ${number(e, 'cancelled')} cancelled`,
  }),
  CatalogEntryAdded: entry('was added to'),
  CatalogEntryUpdated: entry('was changed in'),
  CatalogEntryDeleted: entry('was deleted from'),
  CatalogEntryDeployed: plain(
    (e) => `${text(e, 'name') || text(e, 'entry_id')} was deployed as ${text(e, 'provider_id')}`,
  ),
  CatalogMirrored: plain((e) =>
    join(
      '; ',
      `Read ${plural(number(e, 'total'), 'entry', 'entries')} of ${text(e, 'registry')}`,
      number(e, 'removed') > 0 ? `${number(e, 'removed')} are gone` : '',
    ),
  ),
  ConfigurationReloaded: (e) => ({ tone: 'good', text: `Configuration in effect: ${plan(e)}` }),
  ConfigurationReloadFailed: (e) => ({
    tone: 'bad',
    text: join(': ', 'Configuration not taken', text(e, 'reason')),
  }),
  ConfigurationBackupCreated: plain((e) =>
    join(': ', 'Backup of the configuration', text(e, 'label') || text(e, 'backup_id')),
  ),
  ConfigurationRestored: plain((e) => `Backup ${text(e, 'backup_id')} restored: ${plan(e)}`),
  ApiKeyCreated: plain((e) => `Key ${text(e, 'key_name')} made for ${text(e, 'principal_id')}`),
  ApiKeyRevoked: plain((e) =>
    join(': ', `Key of ${text(e, 'principal_id')} revoked`, text(e, 'reason')),
  ),
  KeyRotated: plain((e) => {
    const overlapS = number(e, 'grace_until') - number(e, 'rotated_at');
    return join(
      '; ',
      `Key of ${text(e, 'principal_id')} rotated`,
      overlapS > 0 ? `the old one holds for ${formatDuration(overlapS * 1_000)}` : '',
    );
  }),
  PrincipalCreated: plain(
    (e) => `${text(e, 'principal_id')} came to be as a ${words(text(e, 'principal_type'))}`,
  ),
  PrincipalUpdated: (e) => ({
    tone: e.disabled === true ? 'warn' : null,
    text: `${text(e, 'principal_id')} changed${e.disabled === true ? '; it is disabled' : ''}`,
  }),
  PrincipalDeleted: plain((e) => `${text(e, 'principal_id')} deleted`),
  RoleAssigned: plain(
    (e) => `${text(e, 'principal_id')} was given the role ${text(e, 'role_name')}`,
  ),
  RoleRevoked: plain(
    (e) => `The role ${text(e, 'role_name')} was taken from ${text(e, 'principal_id')}`,
  ),
  CustomRoleCreated: plain((e) => join(': ', `Role ${text(e, 'role_name')} made`, permissions(e))),
  CustomRoleUpdated: plain((e) =>
    join(': ', `Role ${text(e, 'role_name')} changed`, permissions(e)),
  ),
  CustomRoleDeleted: plain((e) => `Role ${text(e, 'role_name')} deleted`),
  ToolAccessPolicySet: plain((e) => `Policy: ${text(e, 'effect')} ${place(e)}`),
  ToolAccessPolicyCleared: plain((e) => `Policy taken back: ${place(e)}`),
  SessionStarted: plain((e) => `${text(e, 'principal_id')} signed in`),
  SessionEnded: plain((e) =>
    join(': ', `Session of ${text(e, 'principal_id')} ended`, text(e, 'reason')),
  ),
  ProviderDiscovered: plain((e) => `${found(e)} was found by ${source(e)}`),
  ProviderDiscoveryLost: (e) => ({
    tone: 'warn',
    text: join(': ', `${found(e)} is found no more by ${source(e)}`, text(e, 'reason')),
  }),
  ProviderDiscoveryConfigChanged: plain((e) => `${found(e)} is defined anew in ${source(e)}`),
  ProviderQuarantined: (e) => ({
    tone: 'warn',
    text: join(
      ': ',
      `${found(e)} is in quarantine`,
      text(e, 'validation_result') || text(e, 'reason'),
    ),
  }),
  ProviderApproved: (e) => ({
    tone: 'good',
    text: `${found(e)} was approved by ${words(text(e, 'approved_by'))}`,
  }),
  ProviderRejected: plain((e) => `${found(e)} was rejected by ${text(e, 'rejected_by')}`),
  DiscoveryCycleCompleted: (e) => {
    const errors = number(e, 'error_count');
    return {
      tone: errors > 0 ? 'warn' : null,
      text: join(
        ', ',
        `Looked at ${source(e)} in ${ms(e)}: ${number(e, 'discovered_count')} found`,
        `${number(e, 'pending_count')} waiting`,
        errors > 0 ? plural(errors, 'error') : '',
      ),
    };
  },
  DiscoverySourceHealthChanged: (e) => ({
    tone: e.is_healthy === true ? 'good' : 'bad',
    text:
      e.is_healthy === true
        ? `${source(e)} works`
        : join(': ', source(e), text(e, 'error_message')),
  }),
  DiscoverySourceRegistered: plain((e) => `${source(e)} added`),
  DiscoverySourceUpdated: plain(
    (e) => `${source(e)} changed; it is ${e.enabled === true ? 'on' : 'off'}`,
  ),
  DiscoverySourceDeregistered: plain((e) => `${source(e)} removed`),
  AccessDenied: refused('Refused'),
  SignInFailed: refused('Sign-in failed:'),
  LockedOut: refused('Locked out:', 'bad'),
  RateLimited: refused('Slowed down:'),
  AddressBlocked: (e) => ({
    tone: 'bad',
    text: join(
      ': ',
      `${text(e, 'resource')} may not reach ${text(e, 'address')}`,
      text(e, 'reason'),
    ),
  }),
};
