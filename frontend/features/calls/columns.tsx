import type { CallRecord } from '../../api/types';
import { outcomeTone, outcomeWords } from '../../parts/calls/record';
import { SplitBar } from '../../parts/calls/SplitBar';
import { Clip, NameButton } from '../../ui/Cell';
import { formatBytes, formatClock, formatDateTime, formatDuration } from '../../ui/format';
import { ToneBadge } from '../../ui/ToneBadge';
import type { Column } from '../../ui/VirtualTable';
import { shownName } from '../../ui/shown';

type Context = { longest: number; onOpen: (id: string) => void };

export const callColumns = ({ longest, onOpen }: Context): Column<CallRecord>[] => [
  {
    key: 'time',
    title: 'Over at',
    width: '108px',
    cell: (row) => (
      <time className="num" dateTime={row.timestamp} title={formatDateTime(row.timestamp)}>
        {formatClock(row.timestamp)}
      </time>
    ),
  },
  {
    key: 'tool',
    title: 'Tool',
    width: 'minmax(100px, 1.2fr)',
    cell: (row) => (
      <NameButton
        onClick={() => {
          onOpen(row.call_id);
        }}
      >
        {shownName(row.tool_name)}
      </NameButton>
    ),
  },
  {
    key: 'provider',
    title: 'Provider',
    width: 'minmax(90px, 1fr)',
    hideBelow: 600,
    cell: (row) => (
      <Clip>
        {row.provider_id}
        {row.group_id === '' ? null : <span className="muted"> by {row.group_id}</span>}
      </Clip>
    ),
  },
  {
    key: 'who',
    title: 'Caller',
    width: 'minmax(90px, 1fr)',
    hideBelow: 900,
    cell: (row) => (
      <Clip>
        {row.who.id} <span className="muted">{row.via}</span>
      </Clip>
    ),
  },
  {
    key: 'outcome',
    title: 'Outcome',
    width: '112px',
    cell: (row) => <ToneBadge tone={outcomeTone[row.outcome]} label={outcomeWords[row.outcome]} />,
  },
  {
    key: 'split',
    title: 'Where the time went',
    width: 'minmax(120px, 1.6fr)',
    hideBelow: 900,
    cell: (row) => <SplitBar call={row} ofMs={longest} />,
  },
  {
    key: 'took',
    title: 'Took',
    width: '80px',
    align: 'end',
    cell: (row) => formatDuration(row.duration_ms),
  },
  {
    key: 'size',
    title: 'Result',
    width: '84px',
    align: 'end',
    hideBelow: 900,
    cell: (row) => formatBytes(row.result_size_bytes),
  },
];
