/** The browser's picture of the fleet: same picture and frame in, same picture out. */
import type { FleetSnapshot, ProviderSummary } from '../api/types';

export type FleetProvider = ProviderSummary;

export type Fleet = {
  position: number;
  storeId: string;
  providers: Readonly<Record<string, FleetProvider>>;
};

export const emptyFleet: Fleet = { position: 0, storeId: '', providers: {} };

/** What `/api/ws/state?mode=delta` says: the whole picture first, then what changed (docs/websockets.md). */
export type FleetFrame =
  | { type: 'snapshot'; position: number; providers: ProviderSummary[] }
  | { type: 'delta'; position: number; changed: ProviderSummary[]; removed: string[] };

export function isFleetFrame(message: unknown): message is FleetFrame {
  if (typeof message !== 'object' || message === null) return false;
  const { type } = message as { type?: unknown };
  return type === 'snapshot' || type === 'delta';
}

export function fleetFrom({ position, store_id, providers }: FleetSnapshot): Fleet {
  return { position, storeId: store_id, providers: byId(providers) };
}

const byId = (providers: readonly ProviderSummary[]) =>
  Object.fromEntries(providers.map((one) => [one.provider, one]));

/** Rows that no frame names stay the objects that they were, so that only rows that changed render. */
export function reduce(fleet: Fleet, frame: FleetFrame): Fleet {
  const { position } = frame;
  if (frame.type === 'snapshot') return { ...fleet, position, providers: byId(frame.providers) };
  if (frame.changed.length === 0 && frame.removed.length === 0) return { ...fleet, position };
  const providers = { ...fleet.providers, ...byId(frame.changed) };
  for (const id of frame.removed) {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a copy of our own, keyed by id
    delete providers[id];
  }
  return { ...fleet, position, providers };
}
