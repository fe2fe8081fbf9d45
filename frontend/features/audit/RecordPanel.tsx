import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listAudit } from '../../api/audit';
import { keys } from '../../api/keys';
import type { AuditRecord } from '../../api/types';
import { CopyButton } from '../../ui/CopyButton';
import { DiffView } from '../../ui/DiffView';
import { formatDateTime } from '../../ui/format';
import { JsonView } from '../../ui/JsonView';
import { KeyValues } from '../../ui/KeyValues';
import { SidePanel } from '../../parts/SidePanel';
import { ToneBadge } from '../../ui/ToneBadge';
import { shown } from '../../ui/shown';
import classes from './AuditPage.module.css';
import {
  changesOf,
  kindWords,
  outcomeOf,
  outcomeTone,
  sentence,
  targetOf,
  unifiedOf,
} from './view';

type Props = {
  record: AuditRecord;
  onFilter: (patch: Record<string, string>) => void;
  onClose: () => void;
};

/** One act: who, from where, and from what to what. */
export function RecordPanel({ record, onFilter, onClose }: Props) {
  const outcome = outcomeOf(record);
  const changes = changesOf(record.data);
  const target = targetOf(record);
  const { actor, origin } = record;
  return (
    <SidePanel
      label="About the record"
      title={kindWords(record.event_type)}
      end={<ToneBadge tone={outcomeTone[outcome]} label={outcome} />}
      onClose={onClose}
    >
      <KeyValues
        items={[
          { name: 'When', value: formatDateTime(record.recorded_at) },
          {
            name: 'Who',
            value: (
              <button
                type="button"
                className={classes.inline}
                onClick={() => {
                  onFilter({ actor: actor.id, sel: '' });
                }}
              >
                {shown(actor.id)} <span className="muted">{actor.type.replace('_', ' ')}</span>
              </button>
            ),
          },
          {
            name: 'To what',
            value: target.to ? (
              <Link {...target.to}>{shown(target.name)}</Link>
            ) : (
              shown(target.name)
            ),
          },
          { name: 'By which way', value: origin.via ?? 'by itself' },
          { name: 'From', value: origin.address ?? '–' },
          {
            name: 'Request',
            value:
              origin.request_id === undefined ? (
                '–'
              ) : (
                <span className={classes.request}>
                  <code className="mono">{shown(origin.request_id)}</code>
                  <CopyButton text={origin.request_id} label="Copy the request id" />
                </span>
              ),
          },
        ]}
      />
      {changes.length > 0 ? (
        <section>
          <h3>Before and after</h3>
          <DiffView text={unifiedOf(changes)} label="Before and after" />
        </section>
      ) : null}
      {origin.request_id === undefined ? null : (
        <Related record={record} request={origin.request_id} onFilter={onFilter} />
      )}
      <section>
        <h3>As it is on record</h3>
        <JsonView value={record} label="audit record" />
      </section>
    </SidePanel>
  );
}

/** What one request brings about stands close together in the log. */
const reach = 500;

type RelatedProps = {
  record: AuditRecord;
  request: string;
  onFilter: (patch: Record<string, string>) => void;
};

function Related({ record, request, onFilter }: RelatedProps) {
  const query = { provider: '', types: [], actor: '', peopleOnly: false };
  const before = record.position + reach;
  const near = useQuery({
    queryKey: keys.audit({ request, before }),
    queryFn: ({ signal }) => listAudit(query, before, 2 * reach, signal),
  });
  const found = (near.data?.records ?? []).filter((one) => one.origin.request_id === request);
  if (found.length < 2) return null;
  return (
    <section>
      <h3>What else the request did</h3>
      <ul className={classes.related} aria-label="Of the same request">
        {found.toReversed().map((one) => (
          <li key={one.position} aria-current={one.position === record.position || undefined}>
            <button
              type="button"
              className={classes.inline}
              onClick={() => {
                onFilter({ sel: String(one.position), request, by: 'all' });
              }}
            >
              {shown(sentence(one))}
            </button>
            <Link to="/events" search={{ event: String(one.position), type: one.event_type }}>
              event {one.position}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
