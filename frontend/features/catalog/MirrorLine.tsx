import { useQuery } from '@tanstack/react-query';
import { getMirror } from '../../api/catalog';
import { keys } from '../../api/keys';
import { useNow } from '../../hooks/useNow';
import { ActionButton } from '../../parts/actions/ActionButton';
import { refreshMirror } from '../../parts/actions/catalogActions';
import { formatAgo, formatNumber } from '../../ui/format';
import classes from './CatalogPage.module.css';

/** The registry that is mirrored, and how fresh the copy is; nothing where none is. */
export function MirrorLine() {
  const mirror = useQuery({ queryKey: keys.mirror, queryFn: ({ signal }) => getMirror(signal) });
  const now = useNow(60_000);
  if (!mirror.data || mirror.data.registry === '') return null;
  const { registry, entries, refreshed_at: at, error } = mirror.data;
  return (
    <span className={classes.mirror}>
      <span data-bad={error !== '' || undefined} title={error}>
        {new URL(registry).host}: {formatNumber(entries)}
        {error !== '' ? ', last refresh failed' : at ? `, ${formatAgo(Date.parse(at), now)}` : ''}
      </span>
      <ActionButton action={refreshMirror} iconOnly />
    </span>
  );
}
