import { useMemo, useSyncExternalStore } from 'react';
import { summarise, type ConnectionSummary } from '../store/connectionSummary';
import { useWebSocketStore } from '../store/websocket';

function subscribe(changed: () => void) {
  window.addEventListener('online', changed);
  window.addEventListener('offline', changed);
  return () => {
    window.removeEventListener('online', changed);
    window.removeEventListener('offline', changed);
  };
}

/** One word about all the page's sockets, for the indicator and for dimming what may be old. */
export function useConnection(): ConnectionSummary {
  const online = useSyncExternalStore(subscribe, () => navigator.onLine);
  const connections = useWebSocketStore((store) => store.connections);
  return useMemo(() => summarise(connections, online), [connections, online]);
}
