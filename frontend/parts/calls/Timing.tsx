import { Link } from '@tanstack/react-router';
import type { CallRecord } from '../../api/types';
import { formatDuration } from '../../ui/format';
import classes from './Calls.module.css';
import { partsOf } from './record';
import { PartSwatch, SplitBar } from './SplitBar';

/** Where the time of a call went, as its record has it. */
export function Timing({ call }: { call: CallRecord }) {
  return (
    <div className={classes.timing}>
      <SplitBar call={call} ofMs={Math.max(1e-6, call.duration_ms)} />
      <ul>
        {partsOf(call)
          .filter(({ ms }) => ms > 0)
          .map(({ key, name, ms }) => (
            <li key={key}>
              <PartSwatch part={key} />
              <span className="num">{formatDuration(ms)}</span> {name}
            </li>
          ))}
        <li>
          <Link to="/calls" search={{ sel: call.call_id }}>
            Its record
          </Link>
        </li>
      </ul>
    </div>
  );
}
