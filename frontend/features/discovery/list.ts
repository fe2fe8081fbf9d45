/** What the Discovery page shows, as pure functions. */
import type { Found, Source } from '../../api/types';
import { byText } from '../../hooks/useListView';
import type { Field } from '../../ui/table';
import type { Tone } from '../../ui/tokens';

export const statuses = ['pending', 'quarantined', 'registered', 'rejected'] as const;

export const statusTone: Record<Found['status'], Tone> = {
  pending: 'busy',
  quarantined: 'warn',
  registered: 'good',
  rejected: 'idle',
};

/** What has to be decided comes first, then by name. */
export function selectFound(
  found: readonly Found[],
  view: { text: string; statuses: readonly string[]; source: string },
): Found[] {
  const needle = view.text.trim().toLowerCase();
  return found
    .filter(
      (one) =>
        (view.statuses.length === 0 || view.statuses.includes(one.status)) &&
        (view.source === '' || one.source_id === view.source) &&
        `${one.key} ${one.origin} ${one.reason} ${runs(one)}`.toLowerCase().includes(needle),
    )
    .sort(
      (a, b) => statuses.indexOf(a.status) - statuses.indexOf(b.status) || byText(a.key, b.key),
    );
}

/** What it would run or speak to, in one line. */
export function runs({ connection_info: info }: Found): string {
  return [...info.command, info.image, ...info.args, info.endpoint].filter(Boolean).join(' ');
}

/** Where it looks, for a source whose id is only a number. */
export function sourceName({ source_id: id, type, config }: Source): string {
  if (!/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(id)) return id;
  const place =
    config.path ?? config.host ?? config.context ?? config.directories?.join(', ') ?? '';
  return place === '' ? type : place;
}

/** A provider of that name runs, and its definition here is another one. */
export const isDrifted = (one: Found): boolean =>
  one.registered_fingerprint !== null && one.registered_fingerprint !== one.fingerprint;

export const foundFields: readonly Field<Found>[] = [
  { name: 'key', value: (one) => one.key },
  { name: 'status', value: (one) => one.status },
  { name: 'source', value: (one) => one.source_id },
  { name: 'origin', value: (one) => one.origin },
  { name: 'mode', value: (one) => one.mode },
  { name: 'definition', value: runs },
  { name: 'risks', value: (one) => one.risks.join('; ') },
  { name: 'reason', value: (one) => one.reason },
  { name: 'fingerprint', value: (one) => one.fingerprint },
  { name: 'discovered_at', value: (one) => one.discovered_at },
  { name: 'last_seen_at', value: (one) => one.last_seen_at },
];
