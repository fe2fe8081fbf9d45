import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Button } from '@mantine/core';
import type { Alert } from '../../api/types';
import { useGroups } from '../../hooks/useGroups';
import { useNow } from '../../hooks/useNow';
import { ActionButton } from '../../parts/actions/ActionButton';
import { acknowledge, unacknowledge } from '../../parts/actions/alertActions';
import {
  levelTone,
  lookAt,
  ruleOf,
  standingOf,
  subjectName,
  subjectPage,
} from '../../parts/alerts/rules';
import { causesOf, worstOf, type Cause } from '../../parts/alerts/tree';
import { EmptyState } from '../../ui/EmptyState';
import { formatAgo, plural } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import classes from './AlertsPage.module.css';
import { SilenceMenu } from './SilenceMenu';
import { needsSomebody } from './view';
import { shown } from '../../ui/shown';

type Props = {
  alerts: readonly Alert[];
  filtered: boolean;
  selected: string | undefined;
  onOpen: (id: string) => void;
};

/** A page of a thousand fires is read by nobody. */
const shownAtOnce = 50;

/** What fires, worst first; what comes of the same cause stands below it. */
export function Firing({ alerts, filtered, selected, onOpen }: Props) {
  const groups = useGroups().data?.groups;
  const [all, setAll] = useState(false);
  const open = useMemo(
    () => causesOf(alerts.filter(needsSomebody), groups ?? []),
    [alerts, groups],
  );
  const taken = useMemo(
    () =>
      causesOf(
        alerts.filter((one) => !needsSomebody(one)),
        groups ?? [],
      ),
    [alerts, groups],
  );
  if (alerts.length === 0) {
    return filtered ? (
      <EmptyState title="No alert matches">
        Nothing of what fires has this level, rule or name.
      </EmptyState>
    ) : (
      <EmptyState title="Nothing is wrong">
        Hangar watches its providers, groups, calls and its own storage. What goes wrong stands
        here, and goes by itself when it is right again.
      </EmptyState>
    );
  }
  const some = all ? open : open.slice(0, shownAtOnce);
  const line = (cause: Cause) => (
    <CauseLine key={cause.alert.alert_id} cause={cause} selected={selected} onOpen={onOpen} />
  );
  return (
    <div className={classes.firing}>
      {open.length > 0 ? (
        <ul className={classes.causes} aria-label="Alerts for somebody to take up">
          {some.map(line)}
        </ul>
      ) : (
        <p className={classes.quiet}>
          Somebody is at everything that fires, or asked not to hear of it.
        </p>
      )}
      {some.length < open.length ? (
        <Button
          onClick={() => {
            setAll(true);
          }}
        >
          Show {open.length - some.length} more
        </Button>
      ) : null}
      {taken.length > 0 ? (
        <section>
          <h2 className={classes.part}>
            Taken up or silenced <span className="num">{taken.length}</span>
          </h2>
          <ul className={classes.causes} aria-label="Alerts that are taken up or silenced">
            {taken.map(line)}
          </ul>
        </section>
      ) : null}
    </div>
  );
}

type LineProps = { cause: Cause; selected: string | undefined; onOpen: (id: string) => void };

function CauseLine({ cause, selected, onOpen }: LineProps) {
  const { alert, symptoms } = cause;
  const now = useNow(1_000);
  const rule = ruleOf(alert.rule);
  const look = lookAt(alert);
  return (
    <li
      className={classes.cause}
      data-tone={levelTone[worstOf(cause).level]}
      data-selected={selected === alert.alert_id || undefined}
    >
      <span className={classes.mark} data-tone={levelTone[alert.level]} title={alert.level}>
        <Glyph tone={levelTone[alert.level]} size={13} />
        <span className="visually-hidden">{alert.level}</span>
      </span>
      <div className={classes.what}>
        <p className={classes.title}>
          <button
            type="button"
            className={classes.open}
            aria-expanded={selected === alert.alert_id}
            onClick={() => {
              onOpen(alert.alert_id);
            }}
          >
            {rule.name}
          </button>
          <Link {...subjectPage(alert.subject)} className={classes.subject}>
            {subjectName(alert.subject)}
          </Link>
          <span className={classes.standing} data-standing={standingOf(alert, now)}>
            {standingOf(alert, now)}
          </span>
        </p>
        <p className={classes.message}>{shown(alert.message)}</p>
        <p className={classes.facts}>
          <span title={alert.created_at}>since {formatAgo(Date.parse(alert.created_at), now)}</span>
          {alert.count > 1 ? <span>fired {plural(alert.count, 'time')}</span> : null}
          {alert.acknowledged_at === null ? null : (
            <span>
              {shown(
                `${alert.acknowledged_by} is at it${alert.note === '' ? '' : `: ${alert.note}`}`,
              )}
            </span>
          )}
          {alert.silenced ? <span>silenced</span> : null}
          <Link {...look.to}>{look.words}</Link>
        </p>
        {symptoms.length > 0 ? (
          <ul
            className={classes.symptoms}
            aria-label={`What comes of it, ${subjectName(alert.subject)}`}
          >
            {symptoms.map((one) => (
              <li key={one.alert_id}>
                <span className={classes.mark} data-tone={levelTone[one.level]}>
                  <Glyph tone={levelTone[one.level]} size={9} />
                  <span className="visually-hidden">{one.level}</span>
                </span>
                <button
                  type="button"
                  className={classes.open}
                  onClick={() => {
                    onOpen(one.alert_id);
                  }}
                >
                  {ruleOf(one.rule).name}
                </button>
                <span className="muted">{shown(one.message)}</span>
              </li>
            ))}
          </ul>
        ) : null}
      </div>
      <div className={classes.acts}>
        <ActionButton
          action={alert.acknowledged_at === null ? acknowledge(alert, '') : unacknowledge(alert)}
        />
        {alert.silenced ? null : <SilenceMenu alert={alert} />}
      </div>
    </li>
  );
}
