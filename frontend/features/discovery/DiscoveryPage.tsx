import { IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { listFound, listSources } from '../../api/discovery';
import { keys } from '../../api/keys';
import { eventsOf, useEventSignal } from '../../hooks/useEventSignal';
import { useUrlState } from '../../hooks/useUrlState';
import { ActionFailures } from '../../parts/actions/ActionFailures';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { Failed } from '../../parts/Failed';
import { Tabbed } from '../../parts/Tabbed';
import { EmptyState } from '../../ui/EmptyState';
import { plural } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { Inbox } from './Inbox';
import { Sources } from './Sources';

const AddSource = lazy(async () => ({ default: (await import('./AddSource')).AddSource }));

const changes = eventsOf({
  types: [
    'ProviderDiscovered',
    'ProviderDiscoveryConfigChanged',
    'ProviderDiscoveryLost',
    'ProviderQuarantined',
    'ProviderApproved',
    'ProviderRejected',
    'DiscoveryCycleCompleted',
    'DiscoverySourceHealthChanged',
    'DiscoverySourceRegistered',
    'DiscoverySourceUpdated',
    'DiscoverySourceDeregistered',
  ],
});

export function DiscoveryPage() {
  const [url, setUrl] = useUrlState();
  const queryClient = useQueryClient();
  useEventSignal(changes, () => {
    void queryClient.invalidateQueries({ queryKey: keys.discovery });
  });
  const found = useQuery({
    queryKey: keys.discovered,
    queryFn: ({ signal }) => listFound(signal),
  });
  const sources = useQuery({
    queryKey: keys.discoverySources,
    queryFn: ({ signal }) => listSources(signal),
  });
  const both = found.data && sources.data ? { found: found.data, sources: sources.data } : null;
  const error = found.error ?? sources.error;
  const waiting = both?.found.filter((one) => one.status === 'pending').length ?? 0;
  const add = () => {
    setUrl({ add: '1' });
  };
  return (
    <>
      <PageHeader
        title="Discovery"
        aside={both ? `${plural(waiting, 'server')} to decide about` : null}
      />
      <ActionFailures about="discovery:" />
      {!both && !error ? <Loading label="Loading what was found" rows={8} /> : null}
      {error && !both ? (
        <Failed
          title="What was found could not be loaded"
          error={error}
          onRetry={() => {
            void found.refetch();
            void sources.refetch();
          }}
        />
      ) : null}
      {both?.sources.length === 0 ? <NoSources onAdd={add} /> : null}
      {both && both.sources.length > 0 ? (
        <Tabbed
          about="Discovery"
          tabs={[
            {
              key: 'found',
              title: 'Found',
              count: both.found.length,
              body: () => <Inbox found={both.found} sources={both.sources} />,
            },
            {
              key: 'sources',
              title: 'Sources',
              count: both.sources.length,
              body: () => <Sources sources={both.sources} onAdd={add} />,
            },
          ]}
        />
      ) : null}
      <Suspense>
        {url.add === '1' ? (
          <AddSource
            onClose={() => {
              setUrl({ add: '' });
            }}
          />
        ) : null}
      </Suspense>
    </>
  );
}

function NoSources({ onAdd }: { onAdd: () => void }) {
  return (
    <EmptyState
      title="Nothing is looked for"
      action={
        <NeedsButton
          needs={['provider:exec:*']}
          variant="filled"
          leftSection={<IconPlus size={16} />}
          onClick={onAdd}
        >
          Add source
        </NeedsButton>
      }
    >
      A source is a place in which Hangar finds servers that exist already: a directory of
      definitions, labelled containers, a Kubernetes cluster, installed programs. What is found
      waits here for a person; nothing of it is run before.
    </EmptyState>
  );
}
