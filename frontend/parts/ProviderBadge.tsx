import { stateTone, type ProviderState } from '../store/states';
import { ToneBadge } from '../ui/ToneBadge';

type Props = { state: ProviderState; stopping?: boolean; large?: boolean };

export function ProviderBadge({ state, stopping = false, large = false }: Props) {
  const busy = stopping && state !== 'cold' && state !== 'dead';
  return (
    <ToneBadge
      tone={busy ? 'busy' : stateTone[state]}
      label={busy ? 'stopping' : state}
      large={large}
    />
  );
}
