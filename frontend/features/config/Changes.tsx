import { useQuery } from '@tanstack/react-query';
import { getDiff, reloadSides, type Sides } from '../../api/config';
import type { ApiError } from '../../api/errors';
import { keys } from '../../api/keys';
import { Failed } from '../../parts/Failed';
import { DiffView } from '../../ui/DiffView';
import { EmptyState } from '../../ui/EmptyState';
import classes from './ConfigPage.module.css';
import { problemsOf, type Plan } from './plan';
import { PlanList } from './PlanList';

type Props = {
  /** Undefined: whoever looks may not ask for it. */
  plan: Plan | undefined;
  /** Whether the file says anything that is not in effect. */
  drifted: boolean;
  broken: ApiError | null;
  needsRestart: readonly string[];
  hasFile: boolean;
};

/** What the file says that is not in effect: as a plan, and word by word. */
export function Changes({ plan, drifted, broken, needsRestart, hasFile }: Props) {
  if (broken) return <Broken error={broken} />;
  if (!hasFile || (!drifted && needsRestart.length === 0)) {
    return (
      <EmptyState title={hasFile ? 'Nothing to bring into effect' : 'There is no file'}>
        {hasFile
          ? 'Edit the file: what a reload would do appears here, before it does it.'
          : 'Start Hangar with --config to keep its fleet in a file.'}
      </EmptyState>
    );
  }
  return (
    <div className={classes.body}>
      {plan ? (
        <section>
          <h2>A reload would</h2>
          <PlanList plan={plan} />
        </section>
      ) : null}
      {needsRestart.length > 0 ? (
        <section>
          <h2>Waiting for the next start of Hangar</h2>
          <p className="mono">{needsRestart.join(', ')}</p>
        </section>
      ) : null}
      <section>
        <h2>Line by line</h2>
        <Diff {...reloadSides} before="in effect" after="in the file" />
      </section>
    </div>
  );
}

function Broken({ error }: { error: ApiError }) {
  const problems = problemsOf(error);
  if (problems.length === 0) return <Failed title="The file cannot be used" error={error} />;
  return (
    <div className={classes.body}>
      <section>
        <h2>The file cannot be used; what runs goes on as it is</h2>
        <ul className={classes.problems} aria-label="Problems of the file">
          {problems.map((one) => (
            <li key={`${one.where} ${one.key} ${one.message}`}>
              <code className="mono">{one.where}</code>
              {one.key === '' ? null : <code className="mono">{one.key}</code>}
              {one.message}
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

type DiffProps = Sides & {
  /** where the lines of each side stand */ before: string;
  after: string;
};

export function Diff({ from, to, before, after }: DiffProps) {
  const diff = useQuery({
    queryKey: keys.configDiff(from, to),
    queryFn: ({ signal }) => getDiff({ from, to }, signal),
  });
  if (diff.error) {
    return (
      <Failed
        title="The difference could not be loaded"
        error={diff.error}
        onRetry={() => void diff.refetch()}
      />
    );
  }
  if (!diff.data) return <p className="muted">Comparing…</p>;
  if (!diff.data.has_changes) return <p className="muted">They say the same.</p>;
  return (
    <>
      <p className={classes.legend}>
        <span>− only {before}</span> <span>+ only {after}</span>
        <span>a secret shows as a mask that changes with it</span>
      </p>
      <DiffView text={diff.data.diff} label="Difference" />
    </>
  );
}
