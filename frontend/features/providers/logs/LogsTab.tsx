import { Button, Switch } from '@mantine/core';
import { IconDownload, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useCallback, useMemo, useState } from 'react';
import type { LogLine } from '../../../api/types';
import type { FeedRow } from '../../../hooks/feed';
import { useProviderLogs } from '../../../hooks/useProviderLogs';
import { useUrlState } from '../../../hooks/useUrlState';
import { download } from '../../../ui/download';
import { EmptyState } from '../../../ui/EmptyState';
import { ErrorPanel } from '../../../ui/ErrorPanel';
import { formatNumber, plural } from '../../../ui/format';
import { Loading } from '../../../ui/Loading';
import { SearchInput } from '../../../ui/SearchInput';
import { asText, matching } from '../../../parts/logs/lines';
import { LogList } from '../../../parts/logs/LogList';
import classes from '../../../parts/logs/Logs.module.css';

type Props = { id: string };

/** What paused shows: the lines of that moment, while new ones are only counted. */
type Frozen = { rows: FeedRow<LogLine>[]; received: number };

export function LogsTab({ id }: Props) {
  const live = useProviderLogs(id);
  const [url, setUrl] = useUrlState();
  const [frozen, setFrozen] = useState<Frozen | null>(null);
  const [follow, setFollow] = useState(true);
  const [wrap, setWrap] = useState(false);
  const [onlyMatches, setOnlyMatches] = useState(false);
  const text = url.q ?? '';

  const source = frozen?.rows ?? live.rows;
  const found = useMemo(() => (text === '' ? source : matching(source, text)), [source, text]);
  const rows = onlyMatches ? found : source;
  const waiting = frozen ? live.received - frozen.received : 0;
  const onText = useCallback(
    (q: string) => {
      setUrl({ q });
    },
    [setUrl],
  );

  if (live.isLoading) return <Loading label="Loading logs" rows={12} rowHeight={24} />;
  if (live.error) {
    return (
      <ErrorPanel
        title="The logs could not be loaded"
        message={live.error.message}
        code={live.error.type}
        requestId={live.error.requestId}
        onRetry={live.retry}
      />
    );
  }
  return (
    <>
      <div className={classes.bar}>
        <SearchInput label="Search logs" value={text} onChange={onText} />
        {text === '' ? null : (
          <span className="muted num">{plural(found.length, 'match', 'matches')}</span>
        )}
        <Switch
          size="xs"
          label="Only matches"
          checked={onlyMatches}
          onChange={(event) => {
            setOnlyMatches(event.currentTarget.checked);
          }}
        />
        <Switch
          size="xs"
          label="Wrap"
          checked={wrap}
          onChange={(event) => {
            setWrap(event.currentTarget.checked);
          }}
        />
        <Switch
          size="xs"
          label="Follow"
          checked={follow}
          onChange={(event) => {
            setFollow(event.currentTarget.checked);
          }}
        />
        <span className={classes.end}>
          <span className="muted num" role="status">
            {live.isConnected ? plural(live.logs.length, 'line') : 'Not live'}
          </span>
          <Button
            leftSection={frozen ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
            onClick={() => {
              setFrozen(frozen ? null : { rows: live.rows, received: live.received });
            }}
          >
            {frozen ? `Resume${waiting > 0 ? `, ${formatNumber(waiting)} new` : ''}` : 'Pause'}
          </Button>
          <Button
            leftSection={<IconDownload size={16} />}
            onClick={() => {
              download(`${id}.log`, asText(rows));
            }}
          >
            Download
          </Button>
        </span>
      </div>
      {rows.length === 0 ? (
        <EmptyState title={text === '' ? 'No log lines yet' : 'No line matches'}>
          {text === ''
            ? `Whatever ${id} writes to stderr appears here as it is written.`
            : `Nothing in the last ${plural(source.length, 'line')} contains “${text}”.`}
        </EmptyState>
      ) : (
        <LogList
          key={wrap ? 'wrapped' : 'single'}
          rows={rows}
          search={text}
          wrap={wrap}
          follow={follow && !frozen}
          onLeaveEnd={() => {
            setFollow(false);
          }}
          onJumpToEnd={() => {
            setFollow(true);
          }}
        />
      )}
    </>
  );
}
