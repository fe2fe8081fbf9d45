import { createStore, useStore } from 'zustand';
import { shown } from './shown';

const said = createStore<{ text: string }>(() => ({ text: '' }));

/** Tells a screen reader what just happened, without moving the focus. */
export const announce = (text: string) => {
  said.setState({ text });
};

export function LiveRegion() {
  const text = useStore(said, (state) => state.text);
  return (
    <div role="status" aria-live="polite" className="visually-hidden">
      {shown(text)}
    </div>
  );
}
