import { Button } from '@mantine/core';
import { IconFileImport } from '@tabler/icons-react';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useMemo } from 'react';
import { listCatalog } from '../../api/catalog';
import { keys } from '../../api/keys';
import type { CatalogList } from '../../api/types';
import { eventsOf, useEventSignal } from '../../hooks/useEventSignal';
import { useUrlState } from '../../hooks/useUrlState';
import { ActionFailures } from '../../parts/actions/ActionFailures';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { EmptyState } from '../../ui/EmptyState';
import { ExportMenu } from '../../ui/ExportMenu';
import { FilterBar } from '../../ui/FilterBar';
import { FilterChips } from '../../ui/FilterChips';
import { plural } from '../../ui/format';
import { Loading } from '../../ui/Loading';
import { PageHeader } from '../../ui/PageHeader';
import { SearchInput } from '../../ui/SearchInput';
import classes from './CatalogPage.module.css';
import { EntryCard } from './EntryCard';
import { entryFields, queryOf, sources, sourceWords, tagsOf } from './list';
import { MirrorLine } from './MirrorLine';

const EntryDrawer = lazy(async () => ({ default: (await import('./EntryDrawer')).EntryDrawer }));
const ImportDrawer = lazy(async () => ({ default: (await import('./ImportDrawer')).ImportDrawer }));

const changes = eventsOf({
  types: ['CatalogEntryAdded', 'CatalogEntryUpdated', 'CatalogEntryDeleted', 'CatalogMirrored'],
});

export function CatalogPage() {
  const [url, setUrl] = useUrlState();
  const query = useMemo(() => queryOf(url), [url]);
  const queryClient = useQueryClient();
  useEventSignal(changes, () => {
    void queryClient.invalidateQueries({ queryKey: keys.catalogAll });
  });
  const found = useQuery({
    queryKey: keys.catalog(query),
    queryFn: ({ signal }) => listCatalog(query, signal),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <PageHeader
        title="Catalog"
        aside={found.data ? plural(found.data.total, 'server', 'servers') : null}
      />
      <ActionFailures about="catalog:" />
      {found.isPending ? <Loading label="Loading the catalog" rows={5} rowHeight={120} /> : null}
      {found.error && !found.data ? (
        <Failed
          title="The catalog could not be loaded"
          error={found.error}
          onRetry={() => void found.refetch()}
        />
      ) : null}
      {found.data ? <Found list={found.data} /> : null}
      <Suspense>
        {url.entry ? (
          <EntryDrawer
            key={url.entry}
            id={url.entry}
            onClose={() => {
              setUrl({ entry: '' });
            }}
          />
        ) : null}
        {url.import === '1' ? (
          <ImportDrawer
            onClose={() => {
              setUrl({ import: '' });
            }}
          />
        ) : null}
      </Suspense>
    </>
  );
}

function Found({ list }: { list: CatalogList }) {
  const [url, setUrl] = useUrlState();
  const query = queryOf(url);
  const { entries, total } = list;
  const tags = useMemo(() => {
    const frequent = tagsOf(entries, 8);
    return query.tag === '' || frequent.includes(query.tag) ? frequent : [query.tag, ...frequent];
  }, [entries, query.tag]);
  return (
    <>
      <FilterBar
        end={
          <>
            {entries.length < total ? (
              <span className="muted">the best {entries.length} of them</span>
            ) : null}
            <CurlButton requests={[{ method: 'GET', path: pathOf(query) }]} />
            <ExportMenu what="catalog" rows={entries} fields={entryFields} />
            <NeedsButton
              needs={['catalog:write:*']}
              leftSection={<IconFileImport size={16} />}
              onClick={() => {
                setUrl({ import: '1' });
              }}
            >
              Import server.json
            </NeedsButton>
          </>
        }
      >
        <SearchInput
          label="Search the catalog"
          value={query.search}
          onChange={(q) => {
            setUrl({ q });
          }}
        />
        <FilterChips
          label="Source"
          chosen={query.source === '' ? [] : [query.source]}
          chips={sources.map((source) => ({
            key: source,
            label: sourceWords[source],
            count: entries.filter((entry) => entry.source === source).length,
          }))}
          onChange={(chosen) => {
            setUrl({ source: chosen.at(-1) ?? '' }, { push: true });
          }}
        />
      </FilterBar>
      <div className={classes.tags} role="group" aria-label="Tags">
        {tags.map((tag) => (
          <button
            key={tag}
            type="button"
            className={classes.tag}
            aria-pressed={tag === query.tag}
            onClick={() => {
              setUrl({ tag: tag === query.tag ? '' : tag }, { push: true });
            }}
          >
            {tag}
          </button>
        ))}
        <MirrorLine />
      </div>
      {entries.length === 0 ? (
        <EmptyState
          title="No server matches"
          action={
            <Button
              onClick={() => {
                setUrl({ q: '', tag: '', source: '' });
              }}
            >
              Clear filter
            </Button>
          }
        >
          Every word has to be in the name, the title, the description or a tag. What is not listed
          can be imported from its server.json.
        </EmptyState>
      ) : (
        <ul className={classes.cards} aria-label="Servers" tabIndex={0} data-rows>
          {entries.map((entry) => (
            <EntryCard key={entry.entry_id} entry={entry} />
          ))}
        </ul>
      )}
    </>
  );
}

function pathOf({ search, tag, source }: ReturnType<typeof queryOf>): string {
  const params = new URLSearchParams();
  if (search !== '') params.set('search', search);
  if (tag !== '') params.set('tags', tag);
  if (source !== '') params.set('source', source);
  return params.size === 0 ? 'api/catalog' : `api/catalog?${params.toString()}`;
}
