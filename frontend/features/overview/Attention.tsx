import { ActionIcon, Button } from '@mantine/core';
import { IconBellOff } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useNow } from '../../hooks/useNow';
import { ActionButton } from '../../parts/actions/ActionButton';
import { standingBy } from '../../parts/alerts/rules';
import { setPrefs, usePrefs } from '../../store/prefs';
import { formatAgo, formatDuration, plural } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import { causes, type Item } from './attention';
import classes from './Attention.module.css';
import { shown } from '../../ui/shown';

type Props = { items: readonly Item[]; total: number };

/** Of one cause no more than this are listed: forty symptoms of one dead host are one line of work. */
const perCause = 5;

/** The first thing on the screen: what needs a person, worst first, each with the one act that helps. */
export function Attention({ items, total }: Props) {
  const aside = usePrefs((prefs) => prefs.putAside);
  const [all, setAll] = useState(false);
  const quiet = useMemo(() => items.filter((item) => aside.includes(item.id)), [items, aside]);
  const listed = all ? items : items.filter((item) => !aside.includes(item.id));
  if (listed.length === 0) {
    return (
      <section className={classes.fine} aria-label="Needs attention">
        <span className={classes.mark} data-tone="good">
          <Glyph tone="good" />
        </span>
        <p>
          {quiet.length === 0
            ? `Nothing needs you. ${plural(total, 'provider')} as they should be.`
            : 'Nothing new needs you.'}
        </p>
        <PutAside count={quiet.length} all={all} onToggle={setAll} />
      </section>
    );
  }
  return (
    <section className={classes.attention} aria-label="Needs attention">
      <div className={classes.head}>
        <h2>
          Needs attention <span className="num">{listed.length}</span>
        </h2>
        <PutAside count={quiet.length} all={all} onToggle={setAll} />
      </div>
      {causes.map((cause) => (
        <Cause
          key={cause}
          cause={cause}
          items={listed.filter((item) => item.cause === cause)}
          aside={aside}
        />
      ))}
    </section>
  );
}

type PutAsideProps = { count: number; all: boolean; onToggle: (all: boolean) => void };

function PutAside({ count, all, onToggle }: PutAsideProps) {
  if (count === 0) return null;
  return (
    <Button
      size="xs"
      onClick={() => {
        onToggle(!all);
      }}
    >
      {all ? 'Hide' : 'Show'} {count} put aside
    </Button>
  );
}

type CauseProps = { cause: string; items: readonly Item[]; aside: readonly string[] };

function Cause({ cause, items, aside }: CauseProps) {
  const [open, setOpen] = useState(false);
  if (items.length === 0) return null;
  const more = items.length - perCause;
  return (
    <div className={classes.cause}>
      <h3>
        {cause} {items.length > 1 ? <span className="num">{items.length}</span> : null}
      </h3>
      <ul>
        {(open ? items : items.slice(0, perCause)).map((item) => (
          <Line key={item.id} item={item} aside={aside} />
        ))}
      </ul>
      {more > 0 && !open ? (
        <Button
          size="xs"
          onClick={() => {
            setOpen(true);
          }}
        >
          Show {more} more
        </Button>
      ) : null}
    </div>
  );
}

function Line({ item, aside }: { item: Item; aside: readonly string[] }) {
  const now = useNow(1_000);
  const quiet = aside.includes(item.id);
  return (
    <li className={classes.line} data-quiet={quiet || undefined}>
      <span className={classes.mark} data-tone={item.tone}>
        <Glyph tone={item.tone} />
      </span>
      <Link {...item.to} className={classes.subject}>
        {shown(item.subject)}
      </Link>
      <p className={classes.sentence} title={shown(item.detail)}>
        {shown(item.sentence)}
        {item.detail === '' ? null : <span className="muted"> · {shown(item.detail)}</span>}
      </p>
      <span className={classes.when}>
        {item.since ? (
          <>
            <span
              className={classes.standing}
              data-standing={standingBy(item.since, item.times, now)}
            >
              {standingBy(item.since, item.times, now)}
            </span>
            {formatAgo(Date.parse(item.since), now)}
          </>
        ) : null}
        {item.since && item.retryAt ? ' · ' : null}
        {item.retryAt ? retryWords(Date.parse(item.retryAt) - now) : null}
      </span>
      <span className={classes.actions}>
        <ActionButton action={item.action} />
        <ActionIcon
          size={32}
          aria-label={shown(
            quiet ? `Take ${item.subject} up again` : `Put ${item.subject} aside until it changes`,
          )}
          title={quiet ? 'Take up again' : 'Put aside until it changes'}
          onClick={() => {
            setPrefs({
              putAside: quiet ? aside.filter((id) => id !== item.id) : [...aside, item.id],
            });
          }}
        >
          <IconBellOff size={16} />
        </ActionIcon>
      </span>
    </li>
  );
}

const retryWords = (ms: number) =>
  ms <= 0 ? 'is being restarted' : `restart in ${formatDuration(Math.ceil(ms / 1_000) * 1_000)}`;
