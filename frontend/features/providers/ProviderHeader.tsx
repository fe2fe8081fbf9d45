import { Link } from '@tanstack/react-router';
import type { ProviderDetail } from '../../api/types';
import { useNow } from '../../hooks/useNow';
import { ActionButton } from '../../parts/actions/ActionButton';
import { providerActions } from '../../parts/actions/providerActions';
import { RowMenu } from '../../parts/actions/RowMenu';
import { useActionKeys } from '../../parts/actions/useActionKeys';
import { ProviderBadge } from '../../parts/ProviderBadge';
import { useProvider } from '../../store/fleet';
import { formatDuration } from '../../ui/format';
import { PageHeader } from '../../ui/PageHeader';
import classes from './ProviderPage.module.css';

type Props = { detail: ProviderDetail };

export function ProviderHeader({ detail }: Props) {
  const id = detail.provider_id;
  const live = useProvider(id); // moves with the socket; the detail follows by request
  const now = useNow(1_000);
  const state = live?.state ?? detail.state;
  const stopping = live?.stopping ?? detail.stopping;
  const status = live?.status.summary ? live.status : detail.status;
  const running = live?.alive ?? detail.alive;
  const { pid, protocol_version, started_at } = detail.meta;
  const actions = providerActions({ provider: id, state, alive: running, stopping });
  const [first, restart, ...rest] = actions;
  useActionKeys(
    'This provider',
    { s: 'Start', S: 'Stop', r: 'Restart', l: 'Logs', e: 'Edit' },
    () => actions,
  );

  return (
    <PageHeader
      title={
        <>
          <Link to="/providers" className={classes.crumb}>
            Providers
          </Link>
          {id}
        </>
      }
      aside={<ProviderBadge state={state} stopping={stopping} />}
    >
      <div className={classes.facts}>
        <p className={classes.sentence} data-level={status.level} title={status.detail}>
          {status.summary}
        </p>
        <span className={classes.fact}>{detail.mode}</span>
        {running && pid !== undefined ? (
          <span className={classes.fact}>
            pid <b>{pid}</b>
          </span>
        ) : null}
        {running && started_at ? (
          <span className={classes.fact}>
            up{' '}
            <b>
              {formatDuration(
                Math.max(1_000, Math.floor((now - Date.parse(started_at)) / 1_000) * 1_000),
              )}
            </b>
          </span>
        ) : null}
        {protocol_version ? (
          <span className={classes.fact}>
            MCP <b>{protocol_version}</b>
          </span>
        ) : null}
        <span className={classes.actions}>
          {first ? <ActionButton action={first} filled={!running} /> : null}
          {restart && running ? <ActionButton action={restart} /> : null}
          <RowMenu label={`More for ${id}`} actions={rest} />
        </span>
      </div>
    </PageHeader>
  );
}
