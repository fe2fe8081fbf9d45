import { byText } from '../../hooks/useListView';
import type { FleetProvider } from '../../store/reduce';

/** Each is a socket of its own. */
export const mostAtOnce = 20;
const toBeginWith = 8;

/** Those that have something to say: what fails first, then what runs, the busiest first. */
export function startWith(providers: readonly FleetProvider[]): string[] {
  const rank = (one: FleetProvider) => {
    if (one.state === 'dead' || one.state === 'degraded') return 0;
    return one.alive ? 1 : 2;
  };
  return [...providers]
    .filter((one) => rank(one) < 2)
    .sort((a, b) => rank(a) - rank(b) || b.calls_total - a.calls_total)
    .slice(0, toBeginWith)
    .map((one) => one.provider)
    .sort(byText);
}
