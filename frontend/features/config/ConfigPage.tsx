import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getConfig, getDiff, listBackups, planReload, reloadSides } from '../../api/config';
import { toApiError } from '../../api/errors';
import { keys } from '../../api/keys';
import type { ConfigInEffect } from '../../api/types';
import { configEvents } from './happened';
import { eventsOf, useEventSignal } from '../../hooks/useEventSignal';
import { useMay, useWhoAmI } from '../../hooks/useMay';
import { useNow } from '../../hooks/useNow';
import { ActionButton } from '../../parts/actions/ActionButton';
import { ActionFailures } from '../../parts/actions/ActionFailures';
import { reloadConfig } from '../../parts/actions/configActions';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { Tabbed } from '../../parts/Tabbed';
import { formatAgo } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { Backups } from './Backups';
import { Changes } from './Changes';
import classes from './ConfigPage.module.css';
import { Definitions } from './Definitions';
import { ExportFile } from './ExportFile';
import { History } from './History';
import { driftOf, planLines, problemsOf } from './plan';
import { PlanList } from './PlanList';
import { Settings } from './Settings';

const changes = eventsOf({ types: configEvents });

/** The file is changed by other programs, which tell nobody. */
const lookEveryMs = 5_000;

export function ConfigPage() {
  const queryClient = useQueryClient();
  useEventSignal(changes, () => {
    void queryClient.invalidateQueries({ queryKey: keys.config });
  });
  const config = useQuery({
    queryKey: keys.configInEffect,
    queryFn: ({ signal }) => getConfig(signal),
  });
  return (
    <>
      <PageHeader
        title="Configuration"
        aside={config.data ? <FileName file={config.data.config.file} /> : null}
      />
      <ActionFailures about="config:" />
      {config.isPending ? <Loading label="Loading the configuration" rows={8} /> : null}
      {config.error && !config.data ? (
        <Failed
          title="The configuration could not be loaded"
          error={config.error}
          onRetry={() => void config.refetch()}
        />
      ) : null}
      {config.data ? <Ready config={config.data} /> : null}
    </>
  );
}

const FileName = ({ file }: { file: string }) =>
  file === '' ? (
    'no file: the built-in sample stands in'
  ) : (
    <code className={`mono ${classes.file ?? ''}`} title={file}>
      {file}
    </code>
  );

function Ready({ config }: { config: ConfigInEffect }) {
  const { config: effect, last_reload: last } = config;
  const hasFile = effect.file !== '';
  const now = useNow(10_000);
  // The plan is that of a reload, so it takes the permission for one; that the file differs may be seen by whoever reads.
  const asked = !useWhoAmI().isPending;
  const may = useMay('provider:exec:*') !== false;
  const mayHistory = useMay('event:read') !== false;
  const plan = useQuery({
    queryKey: keys.configPlan,
    queryFn: ({ signal }) => planReload(signal),
    enabled: hasFile && asked && may,
    refetchInterval: lookEveryMs,
    retry: false,
  });
  const diff = useQuery({
    queryKey: keys.configDiff(reloadSides.from, reloadSides.to),
    queryFn: ({ signal }) => getDiff(reloadSides, signal),
    enabled: hasFile && !may,
    refetchInterval: lookEveryMs,
    retry: false,
  });
  const backups = useQuery({
    queryKey: keys.backups,
    queryFn: ({ signal }) => listBackups(signal),
  });
  const error = may ? plan.error : diff.error;
  const broken = error ? toApiError(error) : null;
  const planned = plan.data?.result.plan;
  const lines = planned ? planLines(planned) : [];
  const drifted = lines.length > 0 || (!may && diff.data?.has_changes === true);
  const reload = reloadConfig(
    () => (planned ? <PlanList plan={planned} /> : null),
    !hasFile ? 'there is no file' : broken ? 'the file cannot be used' : undefined,
  );
  return (
    <>
      <div className={classes.drift} data-bad={broken !== null || undefined}>
        <p>
          {!hasFile
            ? 'Everything is made here, or by REST. Export it to keep it as a file.'
            : broken
              ? `The file cannot be used: ${String(problemsOf(broken).length || 1)} problem${problemsOf(broken).length > 1 ? 's' : ''}.`
              : planned
                ? driftOf(lines)
                : diff.data
                  ? drifted
                    ? 'The file is not what is in effect.'
                    : driftOf([])
                  : 'Reading the file…'}
        </p>
        {last ? (
          <span className="muted" title={last.error}>
            {last.success ? 'reloaded' : 'the last reload failed'}{' '}
            {formatAgo(Date.parse(last.at), now)} by {last.requested_by}
          </span>
        ) : null}
        <span className={classes.end}>
          <CurlButton requests={[{ method: 'GET', path: 'api/config' }]} />
          <ExportFile />
          <ActionButton action={reload} filled={lines.length > 0 && !broken} />
        </span>
      </div>
      <Tabbed
        about="The configuration"
        tabs={[
          {
            key: 'changes',
            title: 'Changes',
            count: lines.length,
            body: () => (
              <Changes
                plan={planned}
                drifted={drifted}
                broken={broken}
                needsRestart={config.needs_restart}
                hasFile={hasFile}
              />
            ),
          },
          { key: 'settings', title: 'Settings', body: () => <Settings config={effect} /> },
          {
            key: 'definitions',
            title: 'Definitions',
            count: effect.providers.length + effect.groups.length,
            body: () => <Definitions config={effect} />,
          },
          {
            key: 'backups',
            title: 'Backups',
            count: backups.data?.total,
            body: () => <Backups backups={backups} hasFile={hasFile} />,
          },
          ...(mayHistory ? [{ key: 'history', title: 'History', body: () => <History /> }] : []),
        ]}
      />
    </>
  );
}
