/** Bulks that were asked for on this page: each stays until its outcome was put away. */
import { createStore, useStore } from 'zustand';
import type { BulkAnswer } from '../api/types';

export type Bulk = Pick<BulkAnswer, 'verb' | 'operation_id' | 'provider_ids' | 'skipped'>;

type Bulks = { bulks: readonly Bulk[] };

const initial: Bulks = { bulks: [] };

const bulkStore = createStore<Bulks>(() => initial);

export const useBulks = (): readonly Bulk[] => useStore(bulkStore, (state) => state.bulks);

/** Keeps the newest few: the rest is history, which Operations has. */
export const addBulk = (bulk: Bulk) => {
  bulkStore.setState(({ bulks }) => ({ bulks: [bulk, ...bulks].slice(0, 5) }));
};

export const putAwayBulk = (bulk: Bulk) => {
  bulkStore.setState(({ bulks }) => ({ bulks: bulks.filter((one) => one !== bulk) }));
};

export const forgetBulks = () => {
  bulkStore.setState(initial, true);
};
