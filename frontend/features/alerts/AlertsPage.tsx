import { Button } from '@mantine/core';
import { useMemo } from 'react';
import type { Alert } from '../../api/types';
import { useAlerts, useSilences } from '../../hooks/useAlerts';
import { useUrlState } from '../../hooks/useUrlState';
import { ActionFailures } from '../../parts/actions/ActionFailures';
import { levels, levelTone, ruleOf } from '../../parts/alerts/rules';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { WithPanel } from '../../parts/SidePanel';
import { Tabbed } from '../../parts/Tabbed';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { FilterChips } from '../../ui/FilterChips';
import { Glyph } from '../../ui/Glyph';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { SearchInput } from '../../ui/SearchInput';
import { AlertPanel } from './AlertPanel';
import { Firing } from './Firing';
import { History } from './History';
import { Rules } from './Rules';
import { Silences } from './Silences';
import { alertFields, hasFilter, matches, needsSomebody, noFilter, parseView } from './view';

/** What is wrong now, what was, what nobody wants to hear of, and what is looked for at all. */
export function AlertsPage() {
  const alerts = useAlerts();
  return (
    <>
      <PageHeader
        title="Alerts"
        aside={alerts.data ? <Standing all={alerts.data.alerts} /> : null}
      />
      <ActionFailures about="alert:" />
      <ActionFailures about="silence:" />
      {alerts.isPending ? <Loading label="Loading alerts" rows={8} rowHeight={64} /> : null}
      {alerts.error && !alerts.data ? (
        <Failed
          title="The alerts could not be loaded"
          error={alerts.error}
          onRetry={() => void alerts.refetch()}
        />
      ) : null}
      {alerts.data ? <Ready all={alerts.data.alerts} total={alerts.data.total} /> : null}
    </>
  );
}

function Standing({ all }: { all: readonly Alert[] }) {
  const open = all.filter(needsSomebody).length;
  return open === 0 ? 'nothing needs you' : `${open} for somebody to take up`;
}

function Ready({ all, total }: { all: readonly Alert[]; total: number }) {
  const [url, setUrl] = useUrlState();
  const silences = useSilences();
  const view = useMemo(() => parseView(url), [url]);
  const found = useMemo(() => all.filter((one) => matches(one, view)), [all, view]);
  const firing = found.filter((one) => one.state === 'firing');
  const over = found.filter((one) => one.state === 'resolved');
  const selected = all.find((one) => one.alert_id === url.sel);
  const open = (sel: string) => {
    setUrl({ sel }, { push: true });
  };
  const lists = (url.tab ?? '') === '' || url.tab === 'history';
  return (
    <WithPanel
      panel={
        selected && lists ? (
          <AlertPanel
            key={selected.alert_id}
            alert={selected}
            onClose={() => {
              setUrl({ sel: '' });
            }}
          />
        ) : null
      }
    >
      {lists ? (
        <Filters
          all={all}
          shown={url.tab === 'history' ? over : firing}
          view={view}
          setUrl={setUrl}
        />
      ) : null}
      <Tabbed
        about="Alerts"
        tabs={[
          {
            key: 'firing',
            title: 'Firing',
            count: firing.length,
            body: () => (
              <Firing alerts={firing} filtered={hasFilter(view)} selected={url.sel} onOpen={open} />
            ),
          },
          {
            key: 'history',
            title: 'History',
            count: over.length,
            body: () => (
              <History
                alerts={over}
                filtered={hasFilter(view)}
                selected={url.sel}
                onOpen={open}
                unseen={total - all.length}
              />
            ),
          },
          {
            key: 'silences',
            title: 'Silences',
            count: silences.data?.length,
            body: () => <Silences query={silences} />,
          },
          { key: 'rules', title: 'Rules', body: () => <Rules alerts={all} /> },
        ]}
      />
    </WithPanel>
  );
}

type FilterProps = {
  all: readonly Alert[];
  shown: readonly Alert[];
  view: ReturnType<typeof parseView>;
  setUrl: ReturnType<typeof useUrlState>[1];
};

function Filters({ all, shown, view, setUrl }: FilterProps) {
  return (
    <FilterBar
      end={
        <>
          <CurlButton requests={[{ method: 'GET', path: 'api/observability/alerts?limit=500' }]} />
          <ExportMenu what="alerts" rows={shown} fields={alertFields} />
        </>
      }
    >
      <SearchInput
        label="Filter alerts"
        width={200}
        value={view.text}
        onChange={(q) => {
          setUrl({ q });
        }}
      />
      <FilterChips
        label="Level"
        chosen={view.levels}
        chips={levels.map((key) => ({
          key,
          label: key,
          count: all.filter(
            (one) => one.level === key && one.state === (shown[0]?.state ?? 'firing'),
          ).length,
          mark: <Glyph tone={levelTone[key]} size={9} />,
        }))}
        onChange={(chosen) => {
          setUrl({ level: chosen.join(',') }, { push: true });
        }}
      />
      {view.rule === '' ? null : (
        <Button
          aria-label={`Show all rules, not only ${ruleOf(view.rule).name}`}
          onClick={() => {
            setUrl({ rule: '' }, { push: true });
          }}
        >
          {ruleOf(view.rule).name} ✕
        </Button>
      )}
      {hasFilter(view) ? (
        <Button
          variant="subtle"
          onClick={() => {
            setUrl(noFilter, { push: true });
          }}
        >
          Clear filter
        </Button>
      ) : null}
    </FilterBar>
  );
}
