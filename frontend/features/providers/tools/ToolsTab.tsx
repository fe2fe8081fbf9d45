import { useState } from 'react';
import type { ProviderDetail, Tool } from '../../../api/types';
import { useEventHistory } from '../../../hooks/useEventHistory';
import { useUrlState } from '../../../hooks/useUrlState';
import { ActionButton } from '../../../parts/actions/ActionButton';
import { start } from '../../../parts/actions/providerActions';
import { EmptyState } from '../../../ui/EmptyState';
import { SearchInput } from '../../../ui/SearchInput';
import { ToolView } from './ToolView';
import classes from './Tools.module.css';
import { shown, shownName } from '../../../ui/shown';

type Props = { detail: ProviderDetail };

const searchFrom = 9;

const changeEvents = ['ToolDefinitionChanged'] as const;

export function ToolsTab({ detail }: Props) {
  const [url, setUrl] = useUrlState();
  const [text, setText] = useState('');
  const { tools } = detail;
  const history = useEventHistory({ types: changeEvents, providerId: detail.provider_id });
  const changesOf = (name: string) =>
    (history.data ?? []).filter((event) => event.tool_name === name);
  if (tools.length === 0) {
    const running = detail.alive;
    return (
      <EmptyState
        title={running ? 'This provider offers no tools' : 'Its tools are not known yet'}
        action={
          running ? null : (
            <ActionButton filled long action={start({ ...detail, provider: detail.provider_id })} />
          )
        }
      >
        {running
          ? 'It answered tools/list with an empty list.'
          : 'They are read when it is started for the first time.'}
      </EmptyState>
    );
  }
  const chosen = tools.find((tool) => tool.name === url.tool) ?? tools[0];
  const needle = text.toLowerCase();
  const shown = tools.filter((tool) =>
    `${tool.name} ${tool.title ?? ''} ${tool.description}`.toLowerCase().includes(needle),
  );
  return (
    <div className={classes.tools}>
      <div className={classes.side}>
        {tools.length >= searchFrom ? (
          <div className={classes.search}>
            <SearchInput
              label="Filter tools"
              value={text}
              onChange={setText}
              settleMs={0}
              width={220}
            />
          </div>
        ) : null}
        <ul aria-label="Tools">
          {shown.map((tool) => (
            <li key={tool.name}>
              <ToolLink
                tool={tool}
                current={tool === chosen}
                changed={changesOf(tool.name).length > 0}
                onClick={() => {
                  setUrl({ tool: tool.name }, { push: true });
                }}
              />
            </li>
          ))}
        </ul>
        {shown.length === 0 ? <p className={classes.none}>No tool matches.</p> : null}
      </div>
      {chosen ? (
        <ToolView
          key={chosen.name}
          providerId={detail.provider_id}
          tool={chosen}
          changes={changesOf(chosen.name)}
        />
      ) : null}
    </div>
  );
}

type LinkProps = { tool: Tool; current: boolean; changed: boolean; onClick: () => void };

function ToolLink({ tool, current, changed, onClick }: LinkProps) {
  return (
    <button
      type="button"
      className={classes.tool}
      aria-current={current || undefined}
      onClick={onClick}
    >
      <span className={classes.toolName}>
        {shownName(tool.name)} {changed ? <span className={classes.changed}>changed</span> : null}
      </span>
      <span className={classes.toolText}>{shown(tool.description)}</span>
    </button>
  );
}
