import { useQuery } from '@tanstack/react-query';
import { getDiff } from '../../api/config';
import type { ApiError } from '../../api/errors';
import { keys } from '../../api/keys';
import { Failed } from '../../parts/Failed';
import { DiffView } from '../../ui/DiffView';
import { EmptyState } from '../../ui/EmptyState';
import classes from './ConfigPage.module.css';
import { problemsOf, type PlanLine } from './plan';
import { PlanList } from './PlanList';

type Props = {
  lines: readonly PlanLine[];
  broken: ApiError | null;
  needsRestart: readonly string[];
  hasFile: boolean;
};

/** What the file says that is not in effect: as a plan, and word by word. */
export function Changes({ lines, broken, needsRestart, hasFile }: Props) {
  if (broken) return <Broken error={broken} />;
  if (!hasFile || (lines.length === 0 && needsRestart.length === 0)) {
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
      <section>
        <h2>A reload would</h2>
        <PlanList lines={lines} />
      </section>
      {needsRestart.length > 0 ? (
        <section>
          <h2>Waiting for the next start of Hangar</h2>
          <p className="mono">{needsRestart.join(', ')}</p>
        </section>
      ) : null}
      <section>
        <h2>Line by line</h2>
        <Diff backup="" then="in the file" />
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

type DiffProps = { backup: string; /** where the lines of the other side stand */ then: string };

export function Diff({ backup, then }: DiffProps) {
  const diff = useQuery({
    queryKey: keys.configDiff(backup),
    queryFn: ({ signal }) => getDiff(backup, signal),
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
  if (!diff.data) return null;
  if (!diff.data.has_changes) return <p className="muted">They say the same.</p>;
  return (
    <>
      <p className={classes.legend}>
        <span>− only {then}</span> <span>+ only in effect</span>
        <span>a secret shows as a mask that changes with it</span>
      </p>
      <DiffView text={diff.data.diff} label="Difference" />
    </>
  );
}
