import { Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getEntry, listCatalog } from '../../api/catalog';
import { toApiError } from '../../api/errors';
import { keys } from '../../api/keys';
import type { CatalogEntry } from '../../api/types';
import type { UrlState } from '../../hooks/useUrlState';
import { Failed } from '../../parts/Failed';
import { KeyValues } from '../../ui/KeyValues';
import { Loading } from '../../ui/Loading';
import classes from './CatalogPage.module.css';
import { DeployForm } from './DeployForm';
import { othersOf, publisherOf, runsBy, sourceWords, titleOf } from './list';
import { shown } from '../../ui/shown';

type Props = { id: string; onClose: () => void };

/** One entry: what would run here, and the form that makes a provider of it. */
export function EntryDrawer({ id, onClose }: Props) {
  const entry = useQuery({
    queryKey: keys.entry(id),
    queryFn: ({ signal }) => getEntry(id, signal),
  });
  const error = entry.error ? toApiError(entry.error) : null;
  return (
    <Drawer
      opened
      onClose={onClose}
      size={520}
      title={entry.data ? titleOf(entry.data) : id}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {entry.isPending ? <Loading label={`Loading ${id}`} rows={5} /> : null}
      {error && !entry.data ? (
        <Failed
          title={error.status === 404 ? `There is no entry ${id}` : `${id} could not be loaded`}
          error={error}
          onRetry={() => void entry.refetch()}
        />
      ) : null}
      {entry.data ? (
        <div className={classes.entry}>
          <p>{shown(entry.data.description)}</p>
          <KeyValues items={factsOf(entry.data)} />
          <Others entry={entry.data} />
          <DeployForm entry={entry.data} onClose={onClose} />
        </div>
      ) : null}
    </Drawer>
  );
}

/** The same server in another version, or run in another way. */
function Others({ entry }: { entry: CatalogEntry }) {
  const query = { search: entry.name, tag: '', source: '' } as const;
  const found = useQuery({
    queryKey: keys.catalog(query),
    queryFn: ({ signal }) => listCatalog(query, signal),
  });
  const others = othersOf(entry, found.data?.entries ?? []);
  if (others.length === 0) return null;
  return (
    <section>
      <h2>Other ways to have it</h2>
      <ul className={classes.result} aria-label="Other ways to have it">
        {others.map((other) => (
          <li key={other.entry_id}>
            <Link
              to="/catalog"
              search={(before: UrlState) => ({ ...before, entry: other.entry_id })}
            >
              {other.entry_id}
            </Link>
            <span className="muted">
              {runsBy(other)}, {other.version === '' ? 'the newest' : shown(other.version)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const mono = (text: string) => <code className="mono">{shown(text)}</code>;

function factsOf(entry: CatalogEntry) {
  const { command, image, endpoint, args, homepage } = entry;
  return [
    ...(command.length > 0 ? [{ name: 'Runs', value: mono(command.join(' ')) }] : []),
    ...(image === null ? [] : [{ name: 'Image', value: mono([image, ...args].join(' ')) }]),
    ...(endpoint === null ? [] : [{ name: 'Connects to', value: mono(endpoint) }]),
    ...(entry.needs === '' ? [] : [{ name: 'Needs here', value: mono(entry.needs) }]),
    ...(entry.required_env.length === 0
      ? []
      : [{ name: 'Needs of you', value: mono(entry.required_env.join(', ')) }]),
    ...(entry.mode === 'docker' ? [{ name: 'Network', value: entry.network }] : []),
    ...(entry.env.length > 0
      ? [{ name: 'Sets in its environment', value: mono(entry.env.join(', ')) }]
      : []),
    ...(entry.volumes.length > 0
      ? [{ name: 'Sees of the host', value: mono(entry.volumes.join(', ')) }]
      : []),
    { name: 'Version', value: entry.version === '' ? 'the newest' : entry.version },
    { name: 'Publisher', value: publisherOf(entry) },
    ...(homepage === ''
      ? []
      : [
          {
            name: 'Home page',
            value: (
              <a href={homepage} target="_blank" rel="noreferrer">
                {homepage.replace(/^https:\/\//, '')}
              </a>
            ),
          },
        ]),
    { name: 'Comes', value: sourceWords[entry.source] },
    ...(entry.tags.length > 0 ? [{ name: 'Tags', value: entry.tags.join(', ') }] : []),
  ];
}
