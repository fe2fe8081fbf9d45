import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getConfig, getDiff, reloadSides } from '../../api/config';
import { listFound } from '../../api/discovery';
import { keys } from '../../api/keys';
import { useMay } from '../../hooks/useMay';
import type { Waiting } from './attention';

/** Sources look around, and files are changed by other programs: neither is in a hurry here. */
const againEveryMs = 30_000;

/** What was found and is not decided, and whether the file is still what is in effect. */
export function useWaiting(): Waiting {
  const mayFind = useMay('discovery:read') === true;
  const mayConfig = useMay('config:read') === true;
  const found = useQuery({
    queryKey: keys.discovered,
    queryFn: ({ signal }) => listFound(signal),
    enabled: mayFind,
    refetchInterval: againEveryMs,
    retry: false,
  }).data;
  const config = useQuery({
    queryKey: keys.configInEffect,
    queryFn: ({ signal }) => getConfig(signal),
    enabled: mayConfig,
    staleTime: againEveryMs,
    retry: false,
  }).data;
  const diff = useQuery({
    queryKey: keys.configDiff(reloadSides.from, reloadSides.to),
    queryFn: ({ signal }) => getDiff(reloadSides, signal),
    // Without a file there is nothing to differ from.
    enabled: config !== undefined && config.config.file !== '',
    refetchInterval: againEveryMs,
    retry: false,
  });
  const drift = diff.error ? 'broken' : diff.data?.has_changes ? 'ahead' : 'same';
  return useMemo(() => ({ found, config: drift }), [found, drift]);
}
