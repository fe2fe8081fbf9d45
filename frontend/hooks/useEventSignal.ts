import { useEffect, useRef } from 'react';
import type { EventFrame } from '../api/types';
import { isReset } from '../store/socketUrl';
import { onMessage, websocketStore } from '../store/websocket';

/** Events come in bursts (a start is five of them): one answer serves all of a burst. */
const settleMs = 250;

/**
 * Calls `changed` a moment after events of these kinds, with those that came since the last call; with none when the
 * stream began anew and everything may be different.
 *
 * @param url of an events socket; the same url shares one connection
 */
export function useEventSignal(url: string, changed: (events: EventFrame[]) => void) {
  const newest = useRef(changed);
  useEffect(() => {
    newest.current = changed;
  });
  useEffect(() => {
    let events: EventFrame[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = () => {
      timer = undefined;
      const told = events;
      events = [];
      newest.current(told);
    };
    const off = onMessage(url, (message) => {
      const event = message as EventFrame;
      if (typeof event.event_type === 'string') events.push(event);
      else if (isReset(message)) events = [];
      else return;
      timer ??= setTimeout(tell, settleMs);
    });
    websocketStore.getState().connect(url);
    return () => {
      off();
      clearTimeout(timer);
      websocketStore.getState().disconnect(url);
    };
  }, [url]);
}

/** The events socket, narrowed by the server. */
export function eventsOf(filter: { types?: readonly string[]; providerId?: string }): string {
  const query = new URLSearchParams();
  if (filter.providerId) query.set('provider_id', filter.providerId);
  for (const type of filter.types ?? []) query.append('event_type', type);
  return query.size > 0 ? `api/ws/events?${query.toString()}` : 'api/ws/events';
}
