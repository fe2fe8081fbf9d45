import { prefsStore } from './prefs';

/** A key, or a chord of two, and what it does while its page is there. */
export type Binding = {
  /** As KeyboardEvent.key names it: `?`, `S`, `g o`, `mod+k` (Ctrl or ⌘), `Alt+1`. */
  keys: string;
  label: string;
  /** Heading in the sheet. */
  group: string;
  run: () => void;
};

/** How long a first key waits for its second. */
const chordMs = 1_200;

const sets = new Set<readonly Binding[]>();
const listeners = new Set<() => void>();
let known: readonly Binding[] = [];
let first: string | null = null;
let forget: ReturnType<typeof setTimeout> | undefined;

/** All bindings there are now, the newest last. */
export const bindings = (): readonly Binding[] => known;

export function onBindings(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

/** Holds these bindings until the returned function is called. What was added later wins. */
export function bind(added: readonly Binding[]): () => void {
  if (sets.size === 0) window.addEventListener('keydown', onKeyDown);
  sets.add(added);
  update();
  return () => {
    sets.delete(added);
    if (sets.size === 0) window.removeEventListener('keydown', onKeyDown);
    update();
  };
}

function update() {
  known = [...sets].flat();
  for (const changed of listeners) changed();
}

function onKeyDown(event: KeyboardEvent) {
  if (event.defaultPrevented || event.isComposing) return;
  const pressed = nameOf(event);
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (plain && (!prefsStore.getState().singleKeys || isTaken(event.target))) return;
  const chord = first === null ? null : `${first} ${pressed}`;
  setFirst(null);
  const found = (chord && find(chord)) ?? find(pressed);
  if (found) {
    event.preventDefault();
    found.run();
  } else if (plain && known.some(({ keys }) => keys.startsWith(`${pressed} `))) {
    setFirst(pressed);
  }
}

const find = (keys: string) => known.findLast((binding) => binding.keys === keys);

function setFirst(key: string | null) {
  clearTimeout(forget);
  first = key;
  if (key === null) return;
  forget = setTimeout(() => {
    first = null;
  }, chordMs);
}

function nameOf(event: KeyboardEvent): string {
  if (event.ctrlKey || event.metaKey) return `mod+${event.key.toLowerCase()}`;
  // Alt changes what a key types on some layouts; the digit row is what is meant.
  if (event.altKey) return `Alt+${event.code.replace(/^Digit/, '')}`;
  return event.key;
}

/** Where letters are typed, or mean something else already. */
function isTaken(target: EventTarget | null): boolean {
  if (document.querySelector('[aria-modal="true"]')) return true;
  return (
    target instanceof Element &&
    target.closest(
      'input:not([type=checkbox]):not([type=radio]),textarea,select,[contenteditable],[role=menu],[role=listbox]',
    ) !== null
  );
}
