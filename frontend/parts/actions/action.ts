import type { ComponentType } from 'react';
import type { QueryKey } from '@tanstack/react-query';
import type { ApiRequest } from '../../api/send';

export type Icon = ComponentType<{ size?: number; stroke?: number }>;

export type Destination = {
  to: string;
  params?: Record<string, string>;
  search?: Record<string, string>;
};

/**
 * How careful an act has to be (docs/architecture.md, the dashboard): 0 asks nothing; 1 can be undone and offers that;
 * 2 disturbs who works with it and says whom, first; 3 cannot be taken back and wants the name typed.
 */
export type Tier = 0 | 1 | 2 | 3;

/** What a person is told before an act of tier 2 or 3. */
export type Question = {
  title: string;
  /** The sentence, and whatever has to be computed at that moment. */
  Body: ComponentType;
};

/**
 * Something a person can do, as data: buttons, menus, the palette, shortcuts and the copied curl are all made from it.
 */
export type Action = {
  /** Unique together with its subject: `stop:provider:math`. */
  id: string;
  /** On a button beside its subject: Stop. */
  verb: string;
  /** On its own: Stop math. */
  label: string;
  icon: Icon;
  /** What it acts on, so that failures are shown where they belong: `provider:math`. */
  subject: string;
  tier: Tier;
  /** A single key, for the row or page in focus. */
  key?: string;
  /** The permissions that it takes, of one thing where that is named: `provider:stop:math`. */
  needs?: readonly string[];
  /** Why it cannot be done now. */
  blocked?: string | undefined;
  question?: Question;
  /** Sent one after the other. */
  requests?: readonly ApiRequest[];
  /** Where it leads instead of sending anything. */
  go?: Destination;
  /** What it does on this page only, instead of sending anything. */
  run?: () => void;
  /** Where one stands after it has succeeded. */
  after?: Destination;
  /** What this page has to know at once, from the last answer; everyone else is told by socket. */
  then?: (answer: unknown) => void;
  /** Asked again once it has succeeded. */
  refresh?: readonly QueryKey[];
  undo?: Action;
  /** The way back, when it takes something that the answer tells: the id of what was made. */
  undoOf?: (answer: unknown) => Action;
  /** math is stopped */
  done?: string;
  /** math could not be stopped */
  failed?: string;
};
