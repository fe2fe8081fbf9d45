import { Button, Tabs } from '@mantine/core';
import { useNavigate, useParams } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { toApiError } from '../../api/errors';
import type { ProviderDetail } from '../../api/types';
import { useKeys } from '../../hooks/useKeys';
import { useTabInSight } from '../../hooks/useTabInSight';
import { useUrlState } from '../../hooks/useUrlState';
import { ActionFailures } from '../../parts/actions/ActionFailures';
import { providerSubject } from '../../parts/actions/providerActions';
import { useActionStore } from '../../parts/actions/store';
import { EmptyState } from '../../ui/EmptyState';
import { ErrorPanel } from '../../ui/ErrorPanel';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { HealthTab } from './HealthTab';
import { ProviderEvents } from './ProviderEvents';
import { ProviderHeader } from './ProviderHeader';
import classes from './ProviderPage.module.css';
import { SummaryTab } from './SummaryTab';
import { useProviderDetail } from './useProviderDetail';

// Each is opened by one click and carries code of its own.
const ToolsTab = lazy(async () => ({ default: (await import('./tools/ToolsTab')).ToolsTab }));
const ProviderDrawer = lazy(async () => ({
  default: (await import('./ProviderDrawer')).ProviderDrawer,
}));
const StartsTab = lazy(async () => ({ default: (await import('./StartsTab')).StartsTab }));
const CallsTab = lazy(async () => ({ default: (await import('./CallsTab')).CallsTab }));
const LogsTab = lazy(async () => ({ default: (await import('./logs/LogsTab')).LogsTab }));

const tabs = ['summary', 'tools', 'calls', 'starts', 'health', 'logs', 'events'] as const;
type Tab = (typeof tabs)[number];

export function ProviderPage() {
  const params: { id?: string } = useParams({ strict: false });
  const id = params.id ?? '';
  // A different provider is a different page: nothing of the last one's dialogs or drafts may stay.
  return <Provider key={id} id={id} />;
}

function Provider({ id }: { id: string }) {
  const detail = useProviderDetail(id);
  const navigate = useNavigate();
  const back = () => void navigate({ to: '/providers' });

  if (detail.deleted) {
    return (
      <>
        <PageHeader title={id} />
        <EmptyState
          title={`${id} was deleted`}
          action={<Button onClick={back}>All providers</Button>}
        >
          Its history stays in the event log.
        </EmptyState>
      </>
    );
  }
  const error = detail.error ? toApiError(detail.error) : null;
  if (error && (!detail.data || error.status === 404)) {
    return (
      <>
        <PageHeader title={id} />
        <ErrorPanel
          title={error.status === 404 ? `There is no provider ${id}` : `${id} could not be loaded`}
          message={error.status === 404 ? 'It may have been deleted or renamed.' : error.message}
          code={error.type}
          requestId={error.requestId}
          onRetry={() => void detail.refetch()}
        >
          <div>
            <Button onClick={back}>All providers</Button>
          </div>
        </ErrorPanel>
      </>
    );
  }
  if (!detail.data) {
    return (
      <>
        <PageHeader title={id} />
        <Loading label={`Loading ${id}`} rows={9} />
      </>
    );
  }
  return <Ready detail={detail.data} asOf={detail.dataUpdatedAt} />;
}

type ReadyProps = { detail: ProviderDetail; asOf: number };

function Ready({ detail, asOf }: ReadyProps) {
  const id = detail.provider_id;
  const [url, setUrl] = useUrlState();
  const tab: Tab = tabs.find((one) => one === url.tab) ?? 'summary';
  const startFailed = useActionStore(({ entries }) =>
    entries.some((one) => one.kind === 'failed' && one.action.subject === providerSubject(id)),
  );
  const onTab = (value: string | null) => {
    setUrl(
      { tab: value === 'summary' ? '' : (value ?? ''), tool: '', called: '', outcome: '' },
      { push: true },
    );
  };
  const strip = useTabInSight(tab);
  useKeys(
    tabs.map((one, i) => ({
      keys: `Alt+${i + 1}`,
      label: `Tab ${one}`,
      group: 'This provider',
      run: () => {
        onTab(one);
      },
    })),
  );

  return (
    <>
      <ProviderHeader detail={detail} />
      <ActionFailures about={providerSubject(id)} />
      <Tabs className={classes.tabs} value={tab} keepMounted={false} onChange={onTab}>
        <Tabs.List ref={strip} className={classes.tabList}>
          <Tabs.Tab value="summary">Summary</Tabs.Tab>
          <Tabs.Tab value="tools">
            Tools <span className={classes.count}>{detail.tools_count}</span>
          </Tabs.Tab>
          <Tabs.Tab value="calls">Calls</Tabs.Tab>
          <Tabs.Tab value="starts">Starts</Tabs.Tab>
          <Tabs.Tab value="health">Health</Tabs.Tab>
          <Tabs.Tab value="logs">Logs</Tabs.Tab>
          <Tabs.Tab value="events">Events</Tabs.Tab>
        </Tabs.List>
        <Suspense fallback={<Loading label="Loading" />}>
          <Tabs.Panel value="summary" className={classes.panel} tabIndex={0}>
            <SummaryTab detail={detail} startFailed={startFailed} />
          </Tabs.Panel>
          <Tabs.Panel value="tools" className={classes.panel}>
            <ToolsTab detail={detail} />
          </Tabs.Panel>
          <Tabs.Panel value="calls" className={classes.panel}>
            <CallsTab id={id} />
          </Tabs.Panel>
          <Tabs.Panel value="starts" className={classes.panel} tabIndex={0}>
            <StartsTab id={id} />
          </Tabs.Panel>
          <Tabs.Panel value="health" className={classes.panel} tabIndex={0}>
            <HealthTab
              health={detail.health}
              everyS={detail.configuration.health_check_interval_s}
              asOf={asOf}
            />
          </Tabs.Panel>
          <Tabs.Panel value="logs" className={classes.panel}>
            <LogsTab id={id} />
          </Tabs.Panel>
          <Tabs.Panel value="events" className={classes.panel}>
            <ProviderEvents id={id} />
          </Tabs.Panel>
        </Suspense>
      </Tabs>
      <Suspense>
        {url.edit ? (
          <ProviderDrawer
            id={id}
            onClose={() => {
              setUrl({ edit: '' });
            }}
          />
        ) : null}
      </Suspense>
    </>
  );
}
