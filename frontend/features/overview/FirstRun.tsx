import { NeedsButton } from '../../parts/actions/NeedsButton';
import { IconPlus } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { CopyButton } from '../../ui/CopyButton';
import { EmptyState } from '../../ui/EmptyState';
import classes from './OverviewPage.module.css';

const command = 'hangar import ~/.cursor/mcp.json --yes';

/** Nothing is here yet: the ways in. */
export function FirstRun() {
  const navigate = useNavigate();
  return (
    <EmptyState
      title="No providers yet"
      action={
        <NeedsButton
          needs={['provider:exec:*']}
          variant="filled"
          leftSection={<IconPlus size={16} />}
          onClick={() => void navigate({ to: '/providers', search: { add: '1' } })}
        >
          Add provider
        </NeedsButton>
      }
    >
      <p>
        A provider is an MCP server that Hangar runs or connects to. Add one here, or take over the
        servers of a client that you have:
      </p>
      <p className={classes.way}>
        <code className="mono">{command}</code>
        <CopyButton text={command} label="Copy the command" />
      </p>
    </EmptyState>
  );
}
