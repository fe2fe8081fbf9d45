import { Link } from '@tanstack/react-router';
import type { Advice, Way } from './advice';
import classes from './Calls.module.css';

type Props = { advice: Advice; provider: string | null; group: string | null };

/** What to do, and the pages where it is done. A way to a provider that nobody knows is left out. */
export function AdviceLine({ advice, provider, group }: Props) {
  const ways = advice.ways.filter((way) => {
    if (way === 'policies') return true;
    return way === 'group' ? group !== null : provider !== null;
  });
  return (
    <div className={classes.advice}>
      <p>{advice.say}</p>
      {ways.length === 0 ? null : (
        <ul aria-label="Where to look">
          {ways.map((way) => (
            <li key={way}>
              <WayLink way={way} id={(way === 'group' ? group : provider) ?? ''} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const words: Record<Way, (id: string) => string> = {
  provider: (id) => id,
  logs: (id) => `Logs of ${id}`,
  starts: (id) => `Starts of ${id}`,
  health: (id) => `Health of ${id}`,
  tools: (id) => `Tools of ${id}`,
  group: (id) => `Group ${id}`,
  policies: () => 'Policies',
};

function WayLink({ way, id }: { way: Way; id: string }) {
  const label = words[way](id);
  switch (way) {
    case 'policies':
      return (
        <Link to="/access" search={{ tab: 'policies' }}>
          {label}
        </Link>
      );
    case 'group':
      return (
        <Link to="/groups/$id" params={{ id }}>
          {label}
        </Link>
      );
    default:
      return (
        <Link to="/providers/$id" params={{ id }} search={way === 'provider' ? {} : { tab: way }}>
          {label}
        </Link>
      );
  }
}
