import { NativeSelect } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toApiError, type ApiError } from '../../api/errors';
import { keys } from '../../api/keys';
import { send, type ApiRequest } from '../../api/send';
import type { KeyInfo, RotatedKey } from '../../api/types';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { announce } from '../../ui/LiveRegion';
import { shown } from '../../ui/shown';

export type Rotated = RotatedKey & { immediate: boolean };

type Props = { info: KeyInfo; onDone: (rotated: Rotated) => void; onClose: () => void };

const graces = [
  { value: '0', label: 'not at all: it is closed at once' },
  { value: '3600', label: 'for an hour' },
  { value: '86400', label: 'for a day' },
  { value: '604800', label: 'for a week' },
  { value: '2592000', label: 'for 30 days' },
];

/** A new key in place of one that is used; for a while both open, so that nobody is locked out in between. */
export function RotateKey({ info, onDone, onClose }: Props) {
  const queryClient = useQueryClient();
  const [grace, setGrace] = useState('86400');
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const request: ApiRequest = {
    method: 'POST',
    path: `api/auth/keys/${encodeURIComponent(info.key_id)}/rotate`,
    body: { grace_period_s: Number(grace), rotated_by: 'dashboard' },
  };
  const rotate = async () => {
    setPending(true);
    setFailure(null);
    try {
      const rotated = (await send(request)) as RotatedKey;
      announce(`The key ${info.name} is rotated; the new one is shown once`);
      await queryClient.invalidateQueries({ queryKey: keys.access });
      onDone({ ...rotated, immediate: grace === '0' });
    } catch (thrown) {
      setFailure(toApiError(thrown));
      setPending(false);
    }
  };
  return (
    <ConfirmDialog
      opened
      title={`Rotate the key ${shown(info.name)}?`}
      confirm={`Rotate ${shown(info.name)}`}
      pending={pending}
      aside={<CurlButton requests={[request]} />}
      onConfirm={() => void rotate()}
      onClose={onClose}
    >
      <p>A new key is made and shown once. Put it where the old one is used.</p>
      <NativeSelect
        label="The old one still opens"
        rightSection={<IconChevronDown size={15} />}
        value={grace}
        data={graces}
        onChange={(event) => {
          setGrace(event.currentTarget.value);
        }}
      />
      {failure ? <Failed title="The key was not rotated" error={failure} /> : null}
    </ConfirmDialog>
  );
}
