import { NativeSelect, TextInput } from '@mantine/core';
import { IconChevronDown, IconDeviceFloppy } from '@tabler/icons-react';
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { diffPath, makeBackup, planRestore } from '../../api/config';
import { toApiError, type ApiError } from '../../api/errors';
import { keys } from '../../api/keys';
import type { Backup, BackupList } from '../../api/types';
import { useUrlState } from '../../hooks/useUrlState';
import { restoreBackup } from '../../parts/actions/configActions';
import { ActionButton } from '../../parts/actions/ActionButton';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { formatBytes, formatDateTime, plural } from '../../ui/format';
import { announce } from '../../ui/LiveRegion';
import { Loading } from '../../ui/Loading';
import type { Field } from '../../ui/table';
import { VirtualTable, type Column } from '../../ui/VirtualTable';
import { Diff } from './Changes';
import classes from './ConfigPage.module.css';
import { ExportFile } from './ExportFile';
import { PlanList } from './PlanList';
import { shown } from '../../ui/shown';

type Props = { backups: UseQueryResult<BackupList>; hasFile: boolean };

export function Backups({ backups, hasFile }: Props) {
  const [url, setUrl] = useUrlState();
  const [label, setLabel] = useState('');
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [saving, setSaving] = useState(false);
  const queryClient = useQueryClient();
  const list = backups.data?.backups ?? [];
  const selected = list.find((one) => one.backup_id === url.backup);
  const columns = useMemo(
    () =>
      columnsOf((backup) => {
        setUrl({ backup }, { push: true });
      }),
    [setUrl],
  );

  const save = async () => {
    setSaving(true);
    setFailure(null);
    try {
      await makeBackup(label.trim());
      announce('The configuration is backed up');
      setLabel('');
      await queryClient.invalidateQueries({ queryKey: keys.backups });
    } catch (thrown) {
      setFailure(toApiError(thrown));
    } finally {
      setSaving(false);
    }
  };

  return (
    <>
      <FilterBar
        end={
          <>
            <CurlButton
              requests={[{ method: 'POST', path: 'api/config/backup', body: { label } }]}
              label="Copy a backup as curl"
            />
            <ExportMenu what="backups" rows={list} fields={backupFields} />
          </>
        }
      >
        <form
          className={classes.make}
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <TextInput
            aria-label="What the backup is for"
            placeholder="What it is for"
            w={240}
            maxLength={200}
            value={label}
            onChange={(event) => {
              setLabel(event.currentTarget.value);
            }}
          />
          <NeedsButton
            needs={['config:update:*']}
            type="submit"
            loading={saving}
            leftSection={<IconDeviceFloppy size={16} />}
          >
            Back up now
          </NeedsButton>
        </form>
      </FilterBar>
      {failure ? <Failed title="No backup was made" error={failure} /> : null}
      {backups.isPending ? <Loading label="Loading backups" rows={4} /> : null}
      {backups.error && !backups.data ? (
        <Failed
          title="The backups could not be loaded"
          error={backups.error}
          onRetry={() => void backups.refetch()}
        />
      ) : null}
      {backups.data && list.length === 0 ? (
        <EmptyState title="No backups yet">
          A backup is the whole fleet as one file in the data directory. The oldest go when there
          are more than are kept.
        </EmptyState>
      ) : null}
      {list.length > 0 ? (
        <VirtualTable
          label="Backups"
          rows={list}
          rowKey={(row) => row.backup_id}
          columns={columns}
          selected={selected?.backup_id}
          onRowClick={(row) => {
            setUrl({ backup: row.backup_id }, { push: true });
          }}
        />
      ) : null}
      {selected ? <Compared backup={selected} among={list} hasFile={hasFile} /> : null}
    </>
  );
}

type ComparedProps = { backup: Backup; among: readonly Backup[]; hasFile: boolean };

/** What restoring it would bring, or how it differs from whatever else there is. */
function Compared({ backup, among, hasFile }: ComparedProps) {
  const [url, setUrl] = useUrlState();
  const others = among.filter((one) => one !== backup);
  const sides = [
    { value: 'memory', label: 'what is in effect' },
    ...(hasFile ? [{ value: 'file', label: 'the file' }] : []),
    ...others.map((one) => ({ value: one.backup_id, label: nameOf(one) })),
  ];
  const against = sides.find((one) => one.value === url.against) ?? sides[0];
  if (!against) return null;
  return (
    <section className={classes.compared} aria-label="Compared">
      <div className={classes.comparedHead}>
        <h2>{nameOf(backup)}</h2>
        <NativeSelect
          aria-label="Compared with"
          rightSection={<IconChevronDown size={15} />}
          value={against.value}
          data={sides.map(({ value, label }) => ({ value, label: `beside ${label}` }))}
          onChange={(event) => {
            const { value } = event.currentTarget;
            setUrl({ against: value === 'memory' ? '' : value }, { push: true });
          }}
        />
        <span className={classes.end}>
          <CurlButton
            requests={[
              { method: 'GET', path: diffPath({ from: against.value, to: backup.backup_id }) },
            ]}
          />
          <ExportFile backup={backup} />
          <ActionButton
            action={restoreBackup(backup, () => (
              <RestorePlan id={backup.backup_id} />
            ))}
          />
        </span>
      </div>
      <Diff
        from={against.value}
        to={backup.backup_id}
        before={against.value === 'memory' ? 'in effect' : `in ${against.label}`}
        after="in this backup"
      />
    </section>
  );
}

const nameOf = (backup: Backup) =>
  `${backup.label === '' ? 'backup' : `“${shown(backup.label)}”`} of ${formatDateTime(backup.created_at)}`;

function RestorePlan({ id }: { id: string }) {
  const plan = useQuery({
    queryKey: keys.restorePlan(id),
    queryFn: ({ signal }) => planRestore(id, signal),
    retry: false,
    staleTime: 0,
  });
  if (plan.error) return <Failed title="It cannot be restored" error={plan.error} />;
  return plan.data ? (
    <PlanList plan={plan.data.result.plan} />
  ) : (
    <p className="muted">Comparing…</p>
  );
}

const backupFields: readonly Field<Backup>[] = [
  { name: 'backup_id', value: (row) => row.backup_id },
  { name: 'label', value: (row) => row.label },
  { name: 'created_at', value: (row) => row.created_at },
  { name: 'providers', value: (row) => row.providers },
  { name: 'groups', value: (row) => row.groups },
  { name: 'size_bytes', value: (row) => row.size_bytes },
  { name: 'version', value: (row) => row.version },
  { name: 'path', value: (row) => row.path },
];

const columnsOf = (open: (id: string) => void): Column<Backup>[] => [
  {
    key: 'created',
    title: 'Made',
    width: 'minmax(184px, 1fr)',
    cell: (row) => (
      <button
        type="button"
        className={classes.linkish}
        title={row.path}
        onClick={() => {
          open(row.backup_id);
        }}
      >
        {formatDateTime(row.created_at)}
      </button>
    ),
  },
  {
    key: 'label',
    title: 'For',
    width: 'minmax(120px, 2fr)',
    cell: (row) => (row.label === '' ? <span className="muted">–</span> : shown(row.label)),
  },
  {
    key: 'what',
    title: 'Holds',
    width: 'minmax(140px, 1fr)',
    hideBelow: 600,
    cell: (row) => `${plural(row.providers, 'provider')}, ${plural(row.groups, 'group')}`,
  },
  {
    key: 'size',
    title: 'Size',
    width: '88px',
    align: 'end',
    hideBelow: 600,
    cell: (row) => formatBytes(row.size_bytes),
  },
  {
    key: 'problem',
    title: 'Fit to restore',
    width: 'minmax(110px, 1fr)',
    hideBelow: 900,
    cell: (row) =>
      row.problem === '' ? (
        `written by ${row.version}`
      ) : (
        <span className={classes.bad} title={row.problem}>
          {row.problem}
        </span>
      ),
  },
];
