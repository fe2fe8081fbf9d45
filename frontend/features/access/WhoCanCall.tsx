import { NativeSelect } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { explainAccess } from '../../api/access';
import { keys } from '../../api/keys';
import type { Decision, Principal } from '../../api/types';
import { useFleetTools } from '../../hooks/useFleetTools';
import { byText, useListView } from '../../hooks/useListView';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { Clip, NameButton } from '../../ui/Cell';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { FilterChips } from '../../ui/FilterChips';
import { plural } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import type { Field } from '../../ui/table';
import { ToneBadge } from '../../ui/ToneBadge';
import { VirtualTable, type Column } from '../../ui/VirtualTable';
import classes from './AccessPage.module.css';
import { verdict } from './Decisions';
import { shown, shownName } from '../../ui/shown';

const sortKeys = ['principal'] as const;

/** A tool, and who may call it: everybody, or the one that was picked, with the rule that decides. */
export function WhoCanCall({ principals }: { principals: readonly Principal[] }) {
  const { url, setUrl } = useListView(sortKeys);
  const fleet = useFleetTools();
  const tools = useMemo(() => fleet.data?.tools ?? [], [fleet.data]);
  const providers = useMemo(
    () => [...new Set(tools.map((one) => one.provider_id))].sort(byText),
    [tools],
  );
  const provider = url.provider ?? '';
  const names = useMemo(
    () => tools.filter((one) => one.provider_id === provider).map((one) => one.name),
    [tools, provider],
  );
  const tool = url.tool ?? '';
  const who = url.who ?? '';
  return (
    <>
      <FilterBar>
        <Picker
          label="Provider"
          none="Pick a provider"
          value={provider}
          data={providers}
          onChange={(value) => {
            setUrl({ provider: value, tool: '' }, { push: true });
          }}
        />
        <Picker
          label="Tool"
          none="Pick a tool"
          value={tool}
          data={names}
          onChange={(value) => {
            setUrl({ tool: value }, { push: true });
          }}
        />
        <Picker
          label="Principal"
          none="Everybody"
          value={who}
          data={principals.filter((one) => one.type !== 'group').map((one) => one.principal_id)}
          onChange={(value) => {
            setUrl({ who: value }, { push: true });
          }}
        />
      </FilterBar>
      {fleet.error && !fleet.data ? (
        <Failed
          title="The tools could not be loaded"
          error={fleet.error}
          onRetry={() => void fleet.refetch()}
        />
      ) : fleet.isLoading ? (
        <Loading label="Loading tools" rows={6} />
      ) : !fleet.data ? (
        <EmptyState title="You may not list tools">
          Who can call a tool is told to those who may list tools: ask for the permission tool:list.
        </EmptyState>
      ) : provider === '' || tool === '' ? (
        <EmptyState title="Who can call which tool?">
          Pick a provider and one of its tools: everybody stands here with may or may not, and the
          role or policy that decides it. Pick a principal as well to ask about one alone.
        </EmptyState>
      ) : (
        <Answer provider={provider} tool={tool} who={who} />
      )}
    </>
  );
}

type PickerProps = {
  label: string;
  none: string;
  value: string;
  data: readonly string[];
  onChange: (value: string) => void;
};

function Picker({ label, none, value, data, onChange }: PickerProps) {
  return (
    <NativeSelect
      aria-label={label}
      w={180}
      rightSection={<IconChevronDown size={15} />}
      value={value}
      data={[
        { value: '', label: none },
        ...(value === '' || data.includes(value) ? data : [...data, value]).map((one) => ({
          value: one,
          label: shownName(one),
        })),
      ]}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}

type AnswerProps = { provider: string; tool: string; who: string };

function Answer({ provider, tool, who }: AnswerProps) {
  const { url, setUrl } = useListView(sortKeys);
  const answer = useQuery({
    queryKey: keys.explain(provider, tool, who),
    queryFn: ({ signal }) => explainAccess(provider, tool, who, signal),
  });
  const chosen = useMemo(() => (url.may ?? '').split(',').filter(Boolean), [url.may]);
  const rows = useMemo(
    () =>
      (answer.data ?? [])
        .filter((one) => chosen.length === 0 || chosen.includes(one.allowed ? 'may' : 'may-not'))
        .sort(
          (a, b) => Number(b.allowed) - Number(a.allowed) || byText(a.principal_id, b.principal_id),
        ),
    [answer.data, chosen],
  );
  const columns = useMemo(
    () =>
      columnsOf((sel) => {
        setUrl({ tab: 'principals', sel }, { push: true });
      }),
    [setUrl],
  );
  if (answer.isPending) return <Loading label="Loading who may call it" rows={6} />;
  if (answer.error) {
    return (
      <Failed
        title="Who may call it could not be loaded"
        error={answer.error}
        onRetry={() => void answer.refetch()}
      />
    );
  }
  const may = answer.data.filter((one) => one.allowed).length;
  return (
    <>
      <FilterBar
        end={
          <>
            <CurlButton
              requests={[
                {
                  method: 'POST',
                  path: 'api/auth/explain',
                  body: {
                    provider_id: provider,
                    tool_name: tool,
                    ...(who === '' ? {} : { principal_id: who }),
                  },
                },
              ]}
            />
            <ExportMenu what="who-can-call" rows={rows} fields={fields} />
          </>
        }
      >
        <p className={classes.sentence} role="status">
          {sentence(answer.data, { provider, tool, who })}
        </p>
        {who === '' ? (
          <FilterChips
            label="Verdict"
            chosen={chosen}
            chips={[
              { key: 'may', label: 'may', count: may },
              { key: 'may-not', label: 'may not', count: answer.data.length - may },
            ]}
            onChange={(wanted) => {
              setUrl({ may: wanted.join(',') });
            }}
          />
        ) : null}
      </FilterBar>
      {rows.length === 0 ? (
        <EmptyState title={answer.data.length === 0 ? 'Nobody yet' : 'Nobody matches'}>
          A principal comes to be with its first key or role.
        </EmptyState>
      ) : (
        <VirtualTable
          label="Who can call it"
          rows={rows}
          rowKey={(row) => row.principal_id}
          columns={columns}
        />
      )}
    </>
  );
}

/** The answer in one line. */
export function sentence(decisions: readonly Decision[], asked: AnswerProps): string {
  const what = `${shownName(asked.tool)} of ${shownName(asked.provider)}`;
  const [one] = decisions;
  if (asked.who !== '' && one)
    return `${shown(one.principal_id)} ${one.allowed ? 'may' : 'may not'} call ${what}`;
  const may = decisions.filter(({ allowed }) => allowed).length;
  return `${may} of ${plural(decisions.length, 'principal')} may call ${what}`;
}

const columnsOf = (open: (id: string) => void): Column<Decision>[] => [
  {
    key: 'may',
    title: 'Verdict',
    width: '116px',
    cell: (row) => <ToneBadge {...verdict(row)} />,
  },
  {
    key: 'principal',
    title: 'Principal',
    width: 'minmax(110px, 1fr)',
    cell: (row) => (
      <NameButton
        onClick={() => {
          open(row.principal_id);
        }}
      >
        {row.principal_id}
      </NameButton>
    ),
  },
  {
    key: 'type',
    title: 'Type',
    width: '128px',
    hideBelow: 600,
    cell: (row) => row.type.replace('_', ' '),
  },
  {
    key: 'reason',
    title: 'Because of',
    width: 'minmax(140px, 2.6fr)',
    cell: (row) => <Clip title={row.reason}>{row.reason}</Clip>,
  },
];

const fields: readonly Field<Decision>[] = [
  { name: 'principal_id', value: (row) => row.principal_id },
  { name: 'type', value: (row) => row.type },
  { name: 'allowed', value: (row) => row.allowed },
  { name: 'granted_by_role', value: (row) => row.granted_by_role },
  { name: 'reason', value: (row) => row.reason },
];
