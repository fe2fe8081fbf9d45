import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { keys } from '../../api/keys';
import { getProvider } from '../../api/providers';
import type { EventFrame } from '../../api/types';
import { eventsUrl } from '../../store/fleet';
import { onMessage } from '../../store/websocket';

/** Events come in bursts (a start is five of them): one answer serves all of a burst. */
const settleMs = 250;

/** Everything about one provider, asked again when an event says that it changed. */
export function useProviderDetail(id: string) {
  const queryClient = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const off = onMessage(eventsUrl, (message) => {
      if ((message as EventFrame).provider_id !== id) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        void queryClient.invalidateQueries({ queryKey: keys.provider(id) });
      }, settleMs);
    });
    return () => {
      off();
      clearTimeout(timer);
    };
  }, [id, queryClient]);
  return useQuery({
    queryKey: keys.detail(id),
    queryFn: ({ signal }) => getProvider(id, signal),
  });
}
