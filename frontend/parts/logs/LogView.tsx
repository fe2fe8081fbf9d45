import { Button, NativeSelect, Switch } from '@mantine/core';
import { IconChevronDown, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useCallback, useMemo, useRef, useState, type ReactNode } from 'react';
import { useKeys } from '../../hooks/useKeys';
import type { MergedRow } from '../../hooks/useMergedLogs';
import { useUrlState } from '../../hooks/useUrlState';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterChips } from '../../ui/FilterChips';
import { formatNumber, plural } from '../../ui/format';
import { SearchInput } from '../../ui/SearchInput';
import { LogList, type LogListHandle } from './LogList';
import classes from './Logs.module.css';
import { asText, countLevels, levels, logFields, matcherOf, select } from './search';

type Props = {
  rows: readonly MergedRow[];
  received: number;
  /** In the order of their marks. */
  names: readonly string[];
  /** Beside the lines' count. */
  state: string;
  /** In a file's name. */
  what: string;
  /** Said where there is nothing yet. */
  empty: string;
  /** In front of the search. */
  children?: ReactNode;
};

/** What paused shows: the lines of that moment, while new ones are only counted. */
type Frozen = { rows: readonly MergedRow[]; received: number };

const contexts = [
  { value: '0', label: '± 0' },
  { value: '2', label: '± 2' },
  { value: '10', label: '± 10' },
];

/** Log lines with everything that one does with them: follow, pause, search with context, levels, download. */
export function LogView({ rows: live, received, names, state, what, empty, children }: Props) {
  const [url, setUrl] = useUrlState();
  const [frozen, setFrozen] = useState<Frozen | null>(null);
  const [follow, setFollow] = useState(true);
  const [wrap, setWrap] = useState(false);
  const [current, setCurrent] = useState<number | null>(null);
  const list = useRef<LogListHandle>(null);

  const text = url.q ?? '';
  const regex = url.regex === '1';
  const onlyMatches = url.only === '1';
  const around = contexts.find((one) => one.value === url.around)?.value ?? '0';
  const chosen = useMemo(() => (url.level ?? '').split(',').filter(Boolean), [url.level]);
  const source = frozen?.rows ?? live;
  const compiled = useMemo(() => matcherOf(text, regex), [text, regex]);
  const matcher = useMemo(() => compiled ?? (() => []), [compiled]);
  const { rows, matches } = useMemo(
    () =>
      select(source, {
        matcher,
        active: text !== '' && compiled !== null,
        onlyMatches,
        around: Number(around),
        levels: chosen,
      }),
    [source, matcher, text, compiled, onlyMatches, around, chosen],
  );
  const counts = useMemo(() => countLevels(source), [source]);
  const waiting = frozen ? received - frozen.received : 0;
  const onText = useCallback(
    (q: string) => {
      setUrl({ q });
      setCurrent(null);
    },
    [setUrl],
  );
  const togglePause = () => {
    setFrozen(frozen ? null : { rows: live, received });
  };
  const step = (by: 1 | -1) => {
    const found = rows.flatMap((row, i) => (row.skipped === undefined && row.match ? [i] : []));
    if (found.length === 0) return;
    const from = current ?? (by > 0 ? -1 : rows.length);
    const next =
      by > 0
        ? (found.find((i) => i > from) ?? found[0])
        : (found.findLast((i) => i < from) ?? found.at(-1));
    if (next === undefined) return;
    setFollow(false);
    setCurrent(next);
    list.current?.scrollTo(next);
  };
  useKeys([
    { keys: 'p', label: 'Pause, and go on', group: 'Logs', run: togglePause },
    {
      keys: 'n',
      label: 'Next match',
      group: 'Logs',
      run: () => {
        step(1);
      },
    },
    {
      keys: 'N',
      label: 'Match before',
      group: 'Logs',
      run: () => {
        step(-1);
      },
    },
  ]);

  return (
    <>
      <div className={classes.bar}>
        {children}
        <SearchInput
          label="Search logs"
          width="fill"
          value={text}
          onChange={onText}
          error={compiled === null ? 'Not a regular expression' : undefined}
        />
        <Switch
          size="xs"
          label="Regex"
          checked={regex}
          onChange={(event) => {
            setUrl({ regex: event.currentTarget.checked ? '1' : '' });
          }}
        />
        <Switch
          size="xs"
          label="Only matches"
          checked={onlyMatches}
          onChange={(event) => {
            setUrl({ only: event.currentTarget.checked ? '1' : '' });
          }}
        />
        {onlyMatches ? (
          <NativeSelect
            size="xs"
            aria-label="Context"
            title="Lines around each match"
            rightSection={<IconChevronDown size={14} />}
            value={around}
            data={contexts}
            onChange={(event) => {
              const { value } = event.currentTarget;
              setUrl({ around: value === '0' ? '' : value });
            }}
          />
        ) : null}
        <FilterChips
          label="Level"
          chosen={chosen}
          chips={levels.map((level) => ({ key: level, label: level, count: counts[level] }))}
          onChange={(level) => {
            setUrl({ level: level.join(',') }, { push: true });
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
            {text === '' ? null : (
              <>
                <span>{plural(matches, 'match', 'matches')}</span>,{' '}
              </>
            )}
            <span>{state}</span>
          </span>
          <Button
            leftSection={frozen ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
            onClick={togglePause}
          >
            {frozen ? `Resume${waiting > 0 ? `, ${formatNumber(waiting)} new` : ''}` : 'Pause'}
          </Button>
          <ExportMenu
            what={what}
            rows={rows.filter((row) => row.skipped === undefined)}
            fields={logFields}
            asText={() => asText(rows, names.length > 1)}
          />
        </span>
      </div>
      {rows.length === 0 ? (
        <EmptyState title={source.length === 0 ? 'No log lines yet' : 'No line matches'}>
          {source.length === 0
            ? empty
            : `Nothing in the last ${plural(source.length, 'line')} is what you look for.`}
        </EmptyState>
      ) : (
        <LogList
          key={wrap ? 'wrapped' : 'single'}
          ref={list}
          rows={rows}
          matcher={matcher}
          names={names}
          wrap={wrap}
          follow={follow && !frozen}
          current={current}
          onLeaveEnd={() => {
            setFollow(false);
          }}
          onJumpToEnd={() => {
            setFollow(true);
            setCurrent(null);
          }}
        />
      )}
    </>
  );
}
