import { useEffect, useRef } from 'react';

/** What stays free beside the open tab, in px. */
const edge = 8;

/** For a strip of tabs that may be wider than the screen: the one that is open is in sight. */
export function useTabInSight(open: string) {
  const strip = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const list = strip.current;
    const tab = list?.querySelector<HTMLElement>('[aria-selected=true]');
    if (!list || !tab) return;
    const end = tab.offsetLeft + tab.offsetWidth + edge;
    if (end > list.scrollLeft + list.clientWidth) list.scrollLeft = end - list.clientWidth;
    else if (tab.offsetLeft < list.scrollLeft) list.scrollLeft = tab.offsetLeft - edge;
  }, [open]);
  return strip;
}
