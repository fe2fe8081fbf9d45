import { CloseButton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { EventFrame } from '../../api/types';
import { eventText } from '../../store/eventText';
import { formatDateTime } from '../../ui/format';
import { JsonView } from '../../ui/JsonView';
import { KeyValues } from '../../ui/KeyValues';
import { ToneText } from '../../ui/ToneText';
import classes from './EventsPage.module.css';
import { relatedOf } from './view';
import { shown } from '../../ui/shown';

type Props = { event: EventFrame; onClose: () => void };

export function EventPanel({ event, onClose }: Props) {
  const related = relatedOf(event);
  return (
    <aside className={classes.side} aria-label="Event details">
      <div className={classes.sideHead}>
        <h2>{shown(event.event_type)}</h2>
        <CloseButton aria-label="Close details" onClick={onClose} />
      </div>
      <div className={classes.sideText}>
        <ToneText {...eventText(event)} />
      </div>
      <KeyValues
        items={[
          { name: 'Time', value: formatDateTime(event.timestamp) },
          { name: 'Position', value: <span className="num">{event.position}</span> },
          { name: 'Event id', value: <code className="mono">{event.event_id}</code> },
        ]}
      />
      {related.length > 0 ? (
        <>
          <h3>Goes with</h3>
          <ul className={classes.related} aria-label="Goes with">
            {related.map(({ label, to, search }) => (
              <li key={label}>
                <Link to={to} search={search ?? {}}>
                  {shown(label)}
                </Link>
              </li>
            ))}
          </ul>
        </>
      ) : null}
      <h3>Payload</h3>
      <JsonView value={event} label="event payload" />
    </aside>
  );
}
