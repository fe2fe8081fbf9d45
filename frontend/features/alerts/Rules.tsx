import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getConfig } from '../../api/config';
import { keys } from '../../api/keys';
import type { Alert, ConfigInEffect } from '../../api/types';
import { useMay } from '../../hooks/useMay';
import { useNow } from '../../hooks/useNow';
import { levelTone, rules, type Rule } from '../../parts/alerts/rules';
import { formatClock, plural } from '../../ui/format';
import { Glyph } from '../../ui/Glyph';
import classes from './AlertsPage.module.css';
import { dayOf, firedIn24h } from './view';

/** What Hangar looks for, and when it found it in the last day. */
export function Rules({ alerts }: { alerts: readonly Alert[] }) {
  const now = useNow(60_000);
  const may = useMay('config:read') === true;
  const config = useQuery({
    queryKey: keys.configInEffect,
    queryFn: ({ signal }) => getConfig(signal),
    enabled: may,
  });
  return (
    <ul className={classes.rules} aria-label="Rules">
      {rules.map((rule) => (
        <li key={rule.key}>
          <div className={classes.what}>
            <p className={classes.title}>
              <Link
                to="/alerts"
                search={{ tab: 'history', rule: rule.key }}
                className={classes.open}
              >
                {rule.name}
              </Link>
              {rule.levels.map((level) => (
                <span key={level} className={classes.level} data-tone={levelTone[level]}>
                  <Glyph tone={levelTone[level]} size={9} /> {level}
                </span>
              ))}
            </p>
            <p className={classes.message}>
              {rule.fires}
              {rule.setting === undefined ? null : (
                <>
                  {' '}
                  <code className="mono">
                    {rule.setting}
                    {valueOf(rule, config.data)}
                  </code>
                </>
              )}
            </p>
          </div>
          <Day rule={rule} alerts={alerts} now={now} />
        </li>
      ))}
    </ul>
  );
}

/** `: 10`, where it is known. */
function valueOf({ setting = '' }: Rule, config: ConfigInEffect | undefined): string {
  let at: unknown = config?.config.settings;
  for (const name of setting.split('.')) at = (at as Record<string, unknown> | undefined)?.[name];
  return typeof at === 'number' || typeof at === 'string' ? `: ${String(at)}` : '';
}

type DayProps = { rule: Rule; alerts: readonly Alert[]; now: number };

function Day({ rule, alerts, now }: DayProps) {
  const times = firedIn24h(rule.key, alerts, now);
  const words = times === 0 ? 'not in 24 h' : `${plural(times, 'time')} in 24 h`;
  return (
    <div className={classes.day}>
      <div className={classes.hours} role="img" aria-label={`${rule.name}: ${words}`}>
        {dayOf(rule.key, alerts, now).map(({ from, tone, title }) => (
          <span
            key={from}
            data-tone={tone ?? undefined}
            title={`${formatClock(new Date(from).toISOString()).slice(0, 5)}${title === '' ? '' : `: ${title}`}`}
          />
        ))}
      </div>
      <span className="muted num">{words}</span>
    </div>
  );
}
