import type { Operation } from '../../api/types';
import { standingOf, standingTone } from '../../store/operationText';
import { ToneBadge } from '../../ui/ToneBadge';
import { shown } from '../../ui/shown';

/** How it stands; while it runs, in its producer's own word. */
export function Standing({ operation }: { operation: Operation }) {
  const standing = standingOf(operation);
  const label =
    standing === 'running' ? shown(operation.status.replaceAll('_', ' ')) || standing : standing;
  return <ToneBadge tone={standingTone[standing]} label={label} />;
}
