import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createElement } from 'react';
import { listAlerts, listSilences } from '../api/alerts';
import { keys } from '../api/keys';
import { eventsOf, useEventSignal } from './useEventSignal';
import { useMay } from './useMay';

/** What changes an alert or a silence. */
const alertEvents = [
  'AlertFired',
  'AlertResolved',
  'AlertAcknowledged',
  'AlertAcknowledgementEnded',
  'AlertSilenced',
  'AlertSilenceEnded',
] as const;

const url = eventsOf({ types: alertEvents });

/** A silence ends by its time, without an event. */
const againEveryMs = 60_000;

/** What is wrong and what was, live. */
export function useAlerts({ enabled = true } = {}) {
  return useQuery({
    queryKey: keys.alertList,
    queryFn: ({ signal }) => listAlerts(signal),
    refetchInterval: againEveryMs,
    enabled,
  });
}

export const useSilences = () =>
  useQuery({
    queryKey: keys.silences,
    queryFn: ({ signal }) => listSilences(signal),
    refetchInterval: againEveryMs,
  });

/** Keeps every reader of alerts up to date, for whoever may read them. The shell holds it. */
export function AlertSignal() {
  const alerts = useMay('alert:read');
  const events = useMay('event:read');
  return alerts && events ? createElement(Listener) : null;
}

function Listener() {
  const queryClient = useQueryClient();
  useEventSignal(url, () => {
    void queryClient.invalidateQueries({ queryKey: keys.alerts });
  });
  return null;
}

/** How many fire that nobody has taken up or silenced; undefined for whoever may not read them. */
export function useFiringCount(): number | undefined {
  const may = useMay('alert:read') === true;
  const { data } = useAlerts({ enabled: may });
  return data?.alerts.filter(
    (one) => one.state === 'firing' && !one.silenced && one.acknowledged_at === null,
  ).length;
}
