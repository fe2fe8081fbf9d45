import { IconRosetteDiscountCheck } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { CatalogEntry } from '../../api/types';
import type { UrlState } from '../../hooks/useUrlState';
import { entryActions } from '../../parts/actions/catalogActions';
import { RowMenu } from '../../parts/actions/RowMenu';
import classes from './CatalogPage.module.css';
import { runsBy, sourceWords, titleOf } from './list';
import { shown } from '../../ui/shown';

export const EntryCard = memo(function EntryCard({ entry }: { entry: CatalogEntry }) {
  const id = entry.entry_id;
  const actions = entryActions(entry);
  return (
    <li className={classes.card} data-row={id}>
      <div className={classes.head}>
        <Link
          to="/catalog"
          search={(before: UrlState) => ({ ...before, entry: id })}
          className={classes.name}
          title={id}
        >
          {titleOf(entry)}
        </Link>
        {entry.verified ? (
          <span className={classes.verified} title="Checked by the makers of Hangar">
            <IconRosetteDiscountCheck size={16} stroke={1.6} aria-label="verified" role="img" />
          </span>
        ) : null}
        {actions.length > 0 ? (
          <span className={classes.end}>
            <RowMenu label={`More for ${id}`} actions={actions} />
          </span>
        ) : null}
      </div>
      <p className={classes.text}>{shown(entry.description)}</p>
      <p className={classes.facts}>
        <span>{runsBy(entry)}</span>
        {entry.version === '' ? null : <span>{entry.version}</span>}
        {entry.required_env.length > 0 ? (
          <span title={entry.required_env.join(', ')}>needs a secret</span>
        ) : null}
        {entry.source === 'builtin' ? null : <span>{sourceWords[entry.source]}</span>}
      </p>
    </li>
  );
});
