import { IconTerminal2 } from '@tabler/icons-react';
import { curlOf, type ApiRequest } from '../api/send';
import { CopyButton } from '../ui/CopyButton';

type Props = { requests: readonly ApiRequest[]; label?: string };

/** The same, from a shell. */
export function CurlButton({ requests, label = 'Copy as curl' }: Props) {
  return (
    <CopyButton
      label={label}
      text={requests.map(curlOf).join('\n')}
      icon={<IconTerminal2 size={17} />}
    />
  );
}
