import { useEffect } from 'react';
import { useWebSocketStore, websocketStore, type ConnectionStatus } from '../store/websocket';

export type WebSocketView = {
  isConnected: boolean;
  /** The newest message, for looking at. For every message, use onMessage of the store or one of the hooks beside this. */
  lastMessage: unknown;
  status: ConnectionStatus;
};

/** Keeps a connection to this URL open while the component is mounted; components with the same URL share it. */
export function useWebSocket(url: string): WebSocketView {
  useEffect(() => {
    websocketStore.getState().connect(url);
    return () => {
      websocketStore.getState().disconnect(url);
    };
  }, [url]);
  const connection = useWebSocketStore((store) => store.connections[url]);
  return {
    isConnected: connection?.status === 'open',
    lastMessage: connection?.lastMessage ?? null,
    status: connection?.status ?? 'connecting',
  };
}
