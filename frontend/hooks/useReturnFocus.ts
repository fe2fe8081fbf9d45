import { useEffect, useState } from 'react';

/**
 * For what appears over the page and leaves by being unmounted: the focus goes back to where it was. An item of a menu is
 * gone by then, so the button that opened the menu stands in for it.
 */
export function useReturnFocus() {
  const [from] = useState(() => {
    const element = document.activeElement;
    const menu = element?.closest('[role=menu]');
    return menu ? document.querySelector(`[aria-controls="${menu.id}"]`) : element;
  });
  useEffect(
    () => () => {
      // A frame later: whoever moves the focus on purpose has done so by then.
      requestAnimationFrame(() => {
        const { activeElement } = document;
        const lost = activeElement === null || activeElement === document.body;
        if (lost && from instanceof HTMLElement && from.isConnected) {
          from.focus({ preventScroll: true });
        }
      });
    },
    [from],
  );
}
