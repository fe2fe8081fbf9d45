import { Textarea } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Alert } from '../../api/types';
import { useNow } from '../../hooks/useNow';
import { ActionButton } from '../../parts/actions/ActionButton';
import { acknowledge, unacknowledge } from '../../parts/actions/alertActions';
import { levelTone, lookAt, ruleOf, subjectName, subjectPage } from '../../parts/alerts/rules';
import { CurlButton } from '../../parts/CurlButton';
import { SidePanel } from '../../parts/SidePanel';
import { formatAgo, formatDateTime, plural } from '../../ui/format';
import { JsonView } from '../../ui/JsonView';
import { KeyValues } from '../../ui/KeyValues';
import { ToneBadge } from '../../ui/ToneBadge';
import classes from './AlertsPage.module.css';
import { lasted } from './History';
import { SilenceMenu } from './SilenceMenu';
import { shown } from '../../ui/shown';

type Props = { alert: Alert; onClose: () => void };

/** One alert: what it means, since when, what to do, who is at it. */
export function AlertPanel({ alert, onClose }: Props) {
  const now = useNow(1_000);
  const rule = ruleOf(alert.rule);
  const look = lookAt(alert);
  const firing = alert.state === 'firing';
  return (
    <SidePanel
      label="About the alert"
      title={rule.name}
      end={
        <ToneBadge
          tone={firing ? levelTone[alert.level] : 'good'}
          label={firing ? alert.level : 'resolved'}
        />
      }
      onClose={onClose}
    >
      <div className={classes.panelText}>
        <p>
          <Link {...subjectPage(alert.subject)} className={classes.subject}>
            {subjectName(alert.subject)}
          </Link>
        </p>
        <p>{shown(alert.message)}</p>
      </div>
      {rule.help === '' ? null : (
        <section>
          <h3>What to do</h3>
          <p className={classes.help}>{rule.help}</p>
          <p className={classes.links}>
            <Link {...look.to}>{look.words}</Link>
            {alert.event_type === '' ? null : (
              <Link
                to="/events"
                search={{
                  type: alert.event_type,
                  ...(alert.provider_id === '' ? {} : { provider: alert.provider_id }),
                }}
              >
                Events of this kind
              </Link>
            )}
            <Link to="/alerts" search={{ tab: 'history', rule: alert.rule }}>
              Earlier ones
            </Link>
          </p>
        </section>
      )}
      {firing ? <TakeUp alert={alert} /> : null}
      <KeyValues
        items={[
          {
            name: 'Since',
            value: `${formatDateTime(alert.created_at)}, ${formatAgo(Date.parse(alert.created_at), now)}`,
          },
          ...(alert.resolved_at === null
            ? []
            : [
                { name: 'Until', value: formatDateTime(alert.resolved_at) },
                { name: 'Lasted', value: lasted(alert) },
              ]),
          { name: 'Fired', value: plural(alert.count, 'time') },
          ...(alert.acknowledged_at === null
            ? []
            : [
                {
                  name: 'Taken up',
                  value: `${alert.acknowledged_by}, ${formatAgo(Date.parse(alert.acknowledged_at), now)}${alert.note === '' ? '' : `: ${alert.note}`}`,
                },
              ]),
          { name: 'Fires while', value: rule.fires || '–' },
          { name: 'Rule', value: <code className="mono">{alert.rule}</code> },
          { name: 'Id', value: <code className="mono">{alert.alert_id}</code> },
        ]}
      />
      <section>
        <h3>Details</h3>
        <JsonView value={alert.details} label="alert details" />
      </section>
    </SidePanel>
  );
}

function TakeUp({ alert }: { alert: Alert }) {
  const [note, setNote] = useState('');
  const action = acknowledge(alert, note.trim());
  return (
    <section className={classes.takeUp}>
      <Textarea
        label="A note for the others"
        placeholder="what is being done about it, or until when it is known"
        maxLength={1_000}
        autosize
        minRows={2}
        value={note}
        onChange={(event) => {
          setNote(event.currentTarget.value);
        }}
      />
      <div className={classes.acts}>
        <ActionButton action={action} filled />
        {alert.acknowledged_at === null ? null : <ActionButton action={unacknowledge(alert)} />}
        {alert.silenced ? null : <SilenceMenu alert={alert} reason={note.trim()} />}
        <CurlButton requests={action.requests ?? []} />
      </div>
    </section>
  );
}
