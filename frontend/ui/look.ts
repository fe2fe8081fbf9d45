import { createStore, useStore } from 'zustand';

/** How things are shown on this device; whoever keeps preferences sets it. */
export type Look = {
  compact: boolean;
  /** Of every time that is shown: the browser's, or UTC. */
  utc: boolean;
  /** 14:05 or 2:05 PM. */
  hour12: boolean;
};

export const plainLook: Look = { compact: false, utc: false, hour12: false };

const look = createStore<Look>(() => plainLook);

export const setLook = (change: Partial<Look>) => {
  look.setState(change);
};

export const readLook = (): Look => look.getState();

/** Rows are this high, when there is no reason for another height. */
export const useRowHeight = (usual = 36): number =>
  useStore(look, ({ compact }) => (compact ? Math.min(usual, 28) : usual));
