import { TextInput } from '@mantine/core';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { NeedsIcon } from '../../parts/actions/NeedsIcon';
import { IconKey, IconRotate } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { createKey, listKeys } from '../../api/access';
import { toApiError, type ApiError } from '../../api/errors';
import { keys } from '../../api/keys';
import type { KeyInfo } from '../../api/types';
import { useNow } from '../../hooks/useNow';
import { ActionButton } from '../../parts/actions/ActionButton';
import { revokeKey } from '../../parts/actions/accessActions';
import { Failed } from '../../parts/Failed';
import { CopyButton } from '../../ui/CopyButton';
import { formatDateTime } from '../../ui/format';
import { announce } from '../../ui/LiveRegion';
import { Loading } from '../../ui/Loading';
import { RelativeTime } from '../../ui/RelativeTime';
import { shown } from '../../ui/shown';
import classes from './AccessPage.module.css';
import type { Rotated } from './RotateKey';

const RotateKey = lazy(async () => ({ default: (await import('./RotateKey')).RotateKey }));

type Made = { name: string; raw_key: string; note: string | null };

/** @param exists before its first key or role it has no list of keys that one could ask for */
export function KeySection({ id, exists }: { id: string; exists: boolean }) {
  const queryClient = useQueryClient();
  const now = useNow(10_000);
  const [name, setName] = useState('');
  const [made, setMade] = useState<Made | null>(null);
  const [rotating, setRotating] = useState<KeyInfo | null>(null);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [saving, setSaving] = useState(false);
  const list = useQuery({
    queryKey: keys.keysOf(id),
    queryFn: ({ signal }) => listKeys(id, signal),
    enabled: exists,
    retry: false,
  });
  const make = async () => {
    setSaving(true);
    setFailure(null);
    try {
      const key = await createKey(id, name.trim());
      setMade({ ...key, note: null });
      announce(`The key ${name.trim()} is made; it is shown once`);
      setName('');
      await queryClient.invalidateQueries({ queryKey: keys.access });
    } catch (thrown) {
      setFailure(toApiError(thrown));
    } finally {
      setSaving(false);
    }
  };
  return (
    <section>
      <h3>Keys</h3>
      {made ? <Revealed made={made} /> : null}
      {failure ? <Failed title="No key was made" error={failure} /> : null}
      {exists && list.isPending ? <Loading label="Loading keys" rows={3} /> : null}
      {list.error ? (
        <Failed
          title="The keys could not be loaded"
          error={list.error}
          onRetry={() => void list.refetch()}
        />
      ) : null}
      <ul aria-label={`Keys of ${shown(id)}`}>
        {(list.data?.keys ?? []).map((key) => (
          <KeyLine
            key={key.key_id}
            info={key}
            now={now}
            onRotate={() => {
              setRotating(key);
            }}
          />
        ))}
      </ul>
      <form
        className={classes.make}
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== '') void make();
        }}
      >
        <TextInput
          aria-label="Name of a new key"
          placeholder="what the key is for"
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
        <NeedsButton
          needs={['auth:update:*']}
          type="submit"
          loading={saving}
          leftSection={<IconKey size={16} />}
        >
          Create key
        </NeedsButton>
      </form>
      <Suspense>
        {rotating ? (
          <RotateKey
            info={rotating}
            onDone={(rotated) => {
              setMade({ ...rotated, note: untilText(rotated) });
              setRotating(null);
            }}
            onClose={() => {
              setRotating(null);
            }}
          />
        ) : null}
      </Suspense>
    </section>
  );
}

const untilText = ({ grace_until: until, immediate }: Rotated) =>
  immediate
    ? 'The old one opens nothing any more.'
    : `The old one goes on to open until ${formatDateTime(until)}.`;

type LineProps = { info: KeyInfo; now: number; onRotate: () => void };

function KeyLine({ info, now, onRotate }: LineProps) {
  return (
    <li className={classes.line}>
      <span>
        <span className={info.active ? undefined : classes.gone}>{shown(info.name)}</span>{' '}
        <code className="mono muted">{info.prefix}…</code>
        <br />
        <span className={classes.keyMeta}>
          {shown(standing(info))}
          {info.active ? (
            info.last_used_at === null ? (
              'never used'
            ) : (
              <>
                last used <RelativeTime iso={info.last_used_at} now={now} />
              </>
            )
          ) : null}
        </span>
      </span>
      {info.active ? (
        <span className={classes.acts}>
          {info.replaced_by === '' ? (
            <NeedsIcon
              needs={['auth:update:*']}
              aria-label={`Rotate ${shown(info.name)}`}
              title="Rotate: a new key, while the old one still opens"
              onClick={onRotate}
            >
              <IconRotate size={16} />
            </NeedsIcon>
          ) : null}
          <ActionButton action={revokeKey(info)} iconOnly />
        </span>
      ) : null}
    </li>
  );
}

/** What there is to say of a key before its last use. */
function standing(info: KeyInfo): string {
  if (info.revoked)
    return info.revocation_reason ? `revoked: ${info.revocation_reason}` : 'revoked';
  if (!info.active) return info.replaced_by === '' ? 'expired' : 'replaced';
  if (info.expires_at === null) return '';
  const until = formatDateTime(info.expires_at);
  return info.replaced_by === '' ? `until ${until}, ` : `replaced, opens until ${until}, `;
}

/** The only time that the key is shown. */
function Revealed({ made }: { made: Made }) {
  return (
    <div className={classes.revealed} role="status">
      <p>
        The key <strong>{shown(made.name)}</strong> is shown this once: copy it now. {made.note}
      </p>
      <div className={classes.line}>
        <code className="mono">{made.raw_key}</code>
        <CopyButton text={made.raw_key} label="Copy the key" />
      </div>
    </div>
  );
}
