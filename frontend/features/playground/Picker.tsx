import { NativeSelect } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { Target } from '../../api/callTool';
import type { FleetTool, Group } from '../../api/types';
import { byText } from '../../hooks/useListView';
import { useUrlState } from '../../hooks/useUrlState';
import { kindOfTool } from '../../parts/calls/hints';
import { plural } from '../../ui/format';
import { useRowHeight } from '../../ui/look';
import { SearchInput } from '../../ui/SearchInput';
import { VirtualTable, type Column } from '../../ui/VirtualTable';
import classes from './PlaygroundPage.module.css';
import { choices } from './view';
import { shown, shownName } from '../../ui/shown';

type Props = {
  tools: readonly FleetTool[];
  groups: readonly Group[];
  target: Target | null;
  tool: string;
  onChosen: () => void;
};

const twoLines = 48;

const keyOf = (row: FleetTool) => `${row.provider_id}/${row.name}`;

/** Whom to call, and what. */
export function Picker({ tools, groups, target, tool, onChosen }: Props) {
  const [, setUrl] = useUrlState();
  const [text, setText] = useState('');
  // Choosing one of all tools says whose it is; the list stays that of all. An address that names no tool means all of its target.
  const [scope, setScope] = useState<Target | null>(
    target?.kind === 'group' || tool === '' ? target : null,
  );
  const providers = useMemo(
    () => [...new Set(tools.map((one) => one.provider_id))].sort(byText),
    [tools],
  );
  const rows = useMemo(() => choices(tools, groups, scope, text), [tools, groups, scope, text]);
  const lines = useRowHeight(twoLines) < twoLines ? 1 : 2;
  const open = (row: FleetTool) => {
    const group = scope?.kind === 'group' ? scope.id : '';
    setUrl(
      {
        group,
        provider: group === '' ? row.provider_id : '',
        tool: row.name,
        args: '',
        saved: '',
      },
      { push: true },
    );
    onChosen();
  };
  const columns: Column<FleetTool>[] = [
    {
      key: 'tool',
      title: plural(rows.length, 'tool'),
      width: 'minmax(0, 1fr)',
      cell: (row) => (
        <button
          type="button"
          tabIndex={-1} // the list is one stop; the arrows go through it
          className={classes.choice}
          data-lines={lines}
          title={shown(row.description)}
          onClick={() => {
            open(row);
          }}
        >
          <span className={classes.choiceName}>{shownName(row.name)}</span>
          <Beside words={wordsBeside(row, scope === null)} description={row.description} />
        </button>
      ),
    },
  ];
  const current = rows.find(
    (row) => row.name === tool && (target?.kind === 'group' || row.provider_id === target?.id),
  );
  return (
    <div className={classes.picker}>
      <div className={classes.pickerHead}>
        <NativeSelect
          aria-label="Call through"
          rightSection={<IconChevronDown size={15} />}
          value={scope ? `${scope.kind}:${scope.id}` : ''}
          data={[
            { value: '', label: 'All providers' },
            ...(groups.length > 0
              ? [
                  {
                    group: 'Groups',
                    items: groups.map(({ group_id: id }) => ({
                      value: `group:${id}`,
                      label: id,
                    })),
                  },
                ]
              : []),
            {
              group: 'Providers',
              items: providers.map((id) => ({ value: `provider:${id}`, label: id })),
            },
          ]}
          onChange={(event) => {
            const [kind, id] = split(event.currentTarget.value);
            setScope(kind === '' ? null : { kind, id });
          }}
        />
        <SearchInput
          label="Find a tool"
          value={text}
          onChange={setText}
          settleMs={0}
          width="fill"
        />
      </div>
      <div className={classes.pickerList}>
        <VirtualTable
          // Another list is looked at from where the chosen tool stands in it.
          key={scope ? `${scope.kind} ${scope.id}` : ''}
          label="Tools to call"
          rows={rows}
          rowKey={keyOf}
          rowHeight={twoLines}
          columns={columns}
          selected={current ? keyOf(current) : undefined}
          onRowClick={open}
        />
      </div>
    </div>
  );
}

/** Where there is nothing to tell it apart by, what it does. */
function Beside({ words, description }: { words: string; description: string }) {
  if (words !== '') return <span className={classes.choiceOwner}>{words}</span>;
  return (
    <span className={classes.choiceOwner} aria-hidden="true">
      {shown(description.split('\n', 1)[0] ?? '')}
    </span>
  );
}

/** What is known before it is chosen: whose it is among all, and what its server claims that it does. */
const wordsBeside = (row: FleetTool, ofAll: boolean) => {
  const kind = kindOfTool(row);
  const claim = kind === 'read-only' || kind === 'destructive' ? [kind] : [];
  return [...(ofAll ? [row.provider_id] : []), ...claim].join(', ');
};

function split(value: string): ['' | 'provider' | 'group', string] {
  const at = value.indexOf(':');
  const kind = value.slice(0, at);
  return kind === 'provider' || kind === 'group' ? [kind, value.slice(at + 1)] : ['', ''];
}
