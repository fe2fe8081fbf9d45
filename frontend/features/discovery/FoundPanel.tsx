import { ActionIcon } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Found } from '../../api/types';
import { keys } from '../../api/keys';
import { getProvider } from '../../api/providers';
import { ActionButton } from '../../parts/actions/ActionButton';
import { foundActions } from '../../parts/actions/discoveryActions';
import { useFleet } from '../../store/fleet';
import { DiffView } from '../../ui/DiffView';
import { JsonView } from '../../ui/JsonView';
import { KeyValues } from '../../ui/KeyValues';
import { RelativeTime } from '../../ui/RelativeTime';
import { shown } from '../../ui/shown';
import { ToneBadge } from '../../ui/ToneBadge';
import classes from './DiscoveryPage.module.css';
import { definitionDiff, isDrifted, statusTone, whyFound } from './list';

type Props = { found: Found; source: string; now: number; onClose: () => void };

/** What a person has to see before deciding. */
export function FoundPanel({ found, source, now, onClose }: Props) {
  return (
    <aside className={classes.panel} aria-label={`About ${found.key}`} tabIndex={0}>
      <div className={classes.panelHead}>
        <h2>{found.key}</h2>
        <ToneBadge tone={statusTone[found.status]} label={found.status} />
        <ActionIcon aria-label="Close" title="Close" onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      {found.reason === '' ? null : <p className={classes.reason}>{found.reason}</p>}
      {found.risks.length > 0 ? (
        <ul className={classes.risks} aria-label="Risks">
          {found.risks.map((risk) => (
            <li key={risk}>{risk}</li>
          ))}
        </ul>
      ) : null}
      <div className={classes.acts}>
        {foundActions(found).map((action) => (
          <ActionButton key={action.id} action={action} filled={action.verb === 'Approve'} />
        ))}
        {found.status === 'registered' ? (
          <Link to="/providers/$id" params={{ id: found.name }}>
            Open the provider
          </Link>
        ) : null}
      </div>
      <section className={classes.section}>
        <h3>Why it was found</h3>
        <p>
          The source{' '}
          <Link to="/discovery" search={{ tab: 'sources' }}>
            {shown(source)}
          </Link>{' '}
          shows it: {whyFound(found)}
        </p>
        <KeyValues items={factsOf(found, now)} />
      </section>
      <Beside found={found} />
      <h3>Definition</h3>
      <JsonView value={found.connection_info} label="definition" />
    </aside>
  );
}

/** What approving would change of the provider that has the name already. */
function Beside({ found }: { found: Found }) {
  const known = useFleet((state) => found.name in state.fleet.providers);
  const provider = useQuery({
    queryKey: keys.detail(found.name),
    queryFn: ({ signal }) => getProvider(found.name, signal),
    enabled: known,
  });
  if (!known || !provider.data) return null;
  const diff = definitionDiff(provider.data.configuration, found.connection_info);
  return (
    <section className={classes.section}>
      <h3>Beside the provider {shown(found.name)}</h3>
      {diff === '' ? (
        <p className="muted">It has this definition.</p>
      ) : (
        <>
          <p className={classes.legend}>
            <span>− the provider has</span> <span>+ was found</span>
          </p>
          <DiffView text={diff} label={`Difference to the provider ${found.name}`} />
        </>
      )}
    </section>
  );
}

const mono = (text: string) => <code className="mono">{text}</code>;

function factsOf(found: Found, now: number) {
  return [
    { name: 'Found at', value: mono(found.origin) },
    ...(found.also_at.length > 0
      ? [{ name: 'Also at', value: mono(found.also_at.join(', ')) }]
      : []),
    { name: 'First seen', value: <RelativeTime iso={found.discovered_at} now={now} /> },
    {
      name: 'Last seen',
      value: (
        <>
          <RelativeTime iso={found.last_seen_at} now={now} />
          {found.is_missing ? ', not shown any more' : ''}
        </>
      ),
    },
    ...(found.evidence === '' ? [] : [{ name: 'Evidence', value: found.evidence }]),
    { name: 'Fingerprint', value: mono(found.fingerprint.slice(0, 16)) },
    ...(isDrifted(found)
      ? [{ name: 'Approved was', value: mono((found.registered_fingerprint ?? '').slice(0, 16)) }]
      : []),
    ...Object.entries(found.metadata).map(([name, value]) => ({ name, value })),
  ];
}
