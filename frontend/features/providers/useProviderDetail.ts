import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
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
  const [deleted, setDeleted] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const off = onMessage(eventsUrl, (message) => {
      const event = message as EventFrame;
      if (event.provider_id !== id) return;
      if (event.event_type === 'ProviderDeregistered') {
        clearTimeout(timer);
        setDeleted(true); // there is nothing left to ask for
        return;
      }
      setDeleted(false);
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
  const query = useQuery({
    queryKey: keys.detail(id),
    queryFn: ({ signal }) => getProvider(id, signal),
    enabled: !deleted,
  });
  return { ...query, deleted };
}
