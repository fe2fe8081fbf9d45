import { Button, NativeSelect, Switch } from '@mantine/core';
import { IconChevronDown, IconExternalLink } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { listCalls, type CallQuery } from '../../api/calls';
import { urlOf } from '../../api/client';
import { keys } from '../../api/keys';
import { useNow } from '../../hooks/useNow';
import { useUrlState } from '../../hooks/useUrlState';
import { Failed } from '../../parts/Failed';
import { useFleet } from '../../store/fleet';
import { CopyButton } from '../../ui/CopyButton';
import { formatAgo } from '../../ui/format';
import { PageHeader } from '../../ui/PageHeader';
import { clients, installLink, keyVariable } from './clients';
import classes from './ConnectPage.module.css';
import { Import } from './Import';

/** How a client is told about this Hangar, and whether it has called yet. */
export function ConnectPage() {
  const [url, setUrl] = useUrlState();
  const providers = useFleet((state) => state.fleet.providers);
  const ids = useMemo(() => Object.keys(providers).sort(), [providers]);
  const scope = url.provider ?? '';
  const endpoint = urlOf(scope === '' ? 'mcp' : `mcp/providers/${encodeURIComponent(scope)}`);
  const client = clients.find(({ key }) => key === url.client) ?? clients[0];
  const withKey = url.key === '1';
  if (!client) return null;
  const link = withKey ? null : installLink(client.key, endpoint);
  const snippet = client.snippet(endpoint, withKey);
  const command = client.command?.(endpoint, withKey);
  return (
    <>
      <PageHeader title="Connect" aside="clients to this Hangar" />
      <div className={classes.body} tabIndex={0} role="group" aria-label="Connect a client">
        <section>
          <h2>What it may see</h2>
          <div className={classes.row}>
            <NativeSelect
              aria-label="What it may see"
              rightSection={<IconChevronDown size={15} />}
              value={scope}
              data={[{ value: '', label: 'The whole fleet' }, ...ids]}
              onChange={(event) => {
                setUrl({ provider: event.currentTarget.value }, { push: true });
              }}
            />
            <Switch
              label="With a key"
              checked={withKey}
              onChange={(event) => {
                setUrl({ key: event.currentTarget.checked ? '1' : '' });
              }}
            />
            <code className="mono">{endpoint}</code>
            <CopyButton text={endpoint} label="Copy the address" />
          </div>
          {withKey ? (
            <p className="muted">
              <Link to="/access">Make a key</Link> for this client alone, so that revoking it breaks
              no other; set it as <code className="mono">{keyVariable}</code> where the client runs.
            </p>
          ) : null}
        </section>
        <section>
          <h2>The client</h2>
          <div className={classes.clients} role="group" aria-label="Client">
            {clients.map(({ key, name }) => (
              <button
                key={key}
                type="button"
                className={classes.client}
                aria-pressed={key === client.key}
                onClick={() => {
                  setUrl({ client: key }, { push: true });
                }}
              >
                {name}
              </button>
            ))}
          </div>
          <p className="muted">
            Into {client.file}
            {client.note ? `. ${client.note}` : ''}
          </p>
          <div className={classes.snippet}>
            <pre
              className="mono"
              tabIndex={0}
              role="group"
              aria-label={`Snippet for ${client.name}`}
            >
              {snippet}
            </pre>
            <CopyButton text={snippet} label="Copy the snippet" />
          </div>
          {command ? (
            <div className={classes.snippet}>
              <pre className="mono" tabIndex={0} role="group" aria-label="The same from a shell">
                {command}
              </pre>
              <CopyButton text={command} label="Copy the command" />
            </div>
          ) : null}
          {link ? (
            <div>
              <Button
                component="a"
                href={link}
                leftSection={<IconExternalLink size={16} />}
              >{`Add to ${client.name}`}</Button>
            </div>
          ) : null}
        </section>
        <Verify />
        <Import />
      </div>
    </>
  );
}

const lookEveryMs = 3_000;

const anyCall: CallQuery = {
  provider: '',
  tool: '',
  who: '',
  outcome: '',
  batch: '',
  from: '',
  to: '',
  minMs: 0,
  maxMs: 0,
};

/** No tick before a real call has come in by the MCP door. */
function Verify() {
  const now = useNow(1_000);
  const calls = useQuery({
    queryKey: keys.calls({ via: 'mcp' }),
    queryFn: ({ signal }) => listCalls({ ...anyCall, via: 'mcp' }, 0, signal),
    refetchInterval: lookEveryMs,
  });
  const newest = calls.data?.calls[0];
  return (
    <section>
      <h2>Does it arrive?</h2>
      {calls.error ? (
        <Failed
          title="The calls could not be loaded"
          error={calls.error}
          onRetry={() => void calls.refetch()}
        />
      ) : newest ? (
        <p className={classes.arrived} role="status">
          ✓ <strong>{newest.tool_name}</strong> of {newest.provider_id} was called by{' '}
          {newest.who.id} {formatAgo(Date.parse(newest.timestamp), now)}.{' '}
          <Link to="/calls" search={{ sel: newest.call_id }}>
            The call
          </Link>
        </p>
      ) : (
        <p className="muted" role="status">
          No client has called yet. Ask yours to use a tool; it appears here.
        </p>
      )}
    </section>
  );
}
