import { Button } from '@mantine/core';
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { FleetTool } from '../../api/types';
import { useFleetTools } from '../../hooks/useFleetTools';
import { useGroups } from '../../hooks/useGroups';
import { useUrlState } from '../../hooks/useUrlState';
import { Failed } from '../../parts/Failed';
import { EmptyState } from '../../ui/EmptyState';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { shownName } from '../../ui/shown';
import { Bench } from './Bench';
import { Picker } from './Picker';
import classes from './PlaygroundPage.module.css';
import { SavedCalls } from './SavedCalls';
import { targetOf } from './view';

/** Any tool of the fleet, called by hand. */
export function PlaygroundPage() {
  const query = useFleetTools();
  const groups = useGroups().data?.groups;
  const tools = query.data?.tools;
  return (
    <>
      <PageHeader title="Playground" />
      {query.isPending ? <Loading label="Loading tools" rows={10} /> : null}
      {query.error && !tools ? (
        <Failed
          title="The tools could not be loaded"
          error={query.error}
          onRetry={() => void query.refetch()}
        />
      ) : null}
      {tools?.length === 0 ? (
        <EmptyState title="No tools are known yet">
          Start a provider: its tools can be called here from then on.
        </EmptyState>
      ) : null}
      {tools && tools.length > 0 ? <Ready tools={tools} groups={groups ?? []} /> : null}
    </>
  );
}

type ReadyProps = {
  tools: readonly FleetTool[];
  groups: NonNullable<ReturnType<typeof useGroups>['data']>['groups'];
};

function Ready({ tools, groups }: ReadyProps) {
  const [url] = useUrlState();
  const { tool: name = '', provider = '', group = '', saved = '' } = url;
  const target = useMemo(() => targetOf({ provider, group }), [provider, group]);
  // On a narrow screen the list makes room for the tool that was chosen from it, and comes back when it is asked for.
  const chosen = target && name !== '' ? `${target.kind} ${target.id} ${name} ${saved}` : '';
  const [pickingBeside, setPickingBeside] = useState<string | null>(null);
  const picking = chosen !== '' && pickingBeside === chosen;
  const owner = ownerOf(tools, groups, target, name);
  return (
    <div className={classes.page}>
      <div className={classes.side} data-folded={(chosen !== '' && !picking) || undefined}>
        {chosen === '' ? null : (
          <Button
            className={classes.unfold}
            aria-expanded={picking}
            variant="default"
            fullWidth
            justify="space-between"
            rightSection={picking ? <IconChevronUp size={16} /> : <IconChevronDown size={16} />}
            onClick={() => {
              setPickingBeside(picking ? null : chosen);
            }}
          >
            {picking ? `Keep ${shownName(name)}` : 'Another tool'}
          </Button>
        )}
        <Picker
          tools={tools}
          groups={groups}
          target={target}
          tool={name}
          onChosen={() => {
            setPickingBeside(null);
          }}
        />
        <SavedCalls />
      </div>
      {target && name !== '' ? (
        <Bench key={chosen} target={target} owner={owner} name={name} />
      ) : (
        <EmptyState title="Choose a tool">
          Every tool of the fleet is in the list. Its form is made from its schema; the call goes
          through Hangar like that of any client.
        </EmptyState>
      )}
    </div>
  );
}

/** The provider that describes the tool: a group's tools are those of its members. */
function ownerOf(
  tools: readonly FleetTool[],
  groups: ReadyProps['groups'],
  target: ReturnType<typeof targetOf>,
  name: string,
): string | null {
  if (!target) return null;
  if (target.kind === 'provider') return target.id;
  const members = groups.find((one) => one.group_id === target.id)?.members ?? [];
  return (
    members.find(({ id }) => tools.some((one) => one.provider_id === id && one.name === name))
      ?.id ?? null
  );
}
