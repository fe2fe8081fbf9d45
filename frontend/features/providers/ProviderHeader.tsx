import { ActionIcon, Button } from '@mantine/core';
import { IconPencil, IconPlayerPlay, IconPlayerStop, IconTrash } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ProviderDetail } from '../../api/types';
import { useNow } from '../../hooks/useNow';
import { useProvider } from '../../store/fleet';
import { formatDuration } from '../../ui/format';
import { PageHeader } from '../../ui/PageHeader';
import { ProviderBadge } from './ProviderBadge';
import classes from './ProviderPage.module.css';
import type { useProviderActions } from './useProviderActions';

type Props = {
  detail: ProviderDetail;
  actions: ReturnType<typeof useProviderActions>;
  onEdit: () => void;
  onDelete: () => void;
};

export function ProviderHeader({ detail, actions, onEdit, onDelete }: Props) {
  const id = detail.provider_id;
  const live = useProvider(id); // moves with the socket; the detail follows by request
  const now = useNow(1_000);
  const state = live?.state ?? detail.state;
  const stopping = live?.stopping ?? detail.stopping;
  const status = live?.status.summary ? live.status : detail.status;
  const running = live?.alive ?? detail.alive;
  const { pid, protocol_version, started_at } = detail.meta;
  const busy = actions.pending.has(id);

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
          {running || state === 'initializing' ? (
            <Button
              leftSection={<IconPlayerStop size={16} />}
              disabled={stopping}
              onClick={() => void actions.run('stop', id)}
            >
              Stop
            </Button>
          ) : (
            <Button
              variant="filled"
              leftSection={<IconPlayerPlay size={16} />}
              loading={busy}
              onClick={() => void actions.run('start', id)}
            >
              Start
            </Button>
          )}
          <ActionIcon size={32} aria-label={`Edit ${id}`} title="Edit" onClick={onEdit}>
            <IconPencil size={17} />
          </ActionIcon>
          <ActionIcon size={32} aria-label={`Delete ${id}`} title="Delete" onClick={onDelete}>
            <IconTrash size={17} />
          </ActionIcon>
        </span>
      </div>
    </PageHeader>
  );
}
