import { useQueryClient } from '@tanstack/react-query';
import { stderrOf } from '../../api/errors';
import { ErrorPanel } from '../../ui/ErrorPanel';
import { Stderr } from '../Stderr';
import { dismiss, perform, useActionStore, type Entry, type Failure } from './store';

type Props = {
  /** Only failures about these: `provider:` for all providers, `provider:math` for one. */
  about: string;
};

/** Actions that failed, where their subject is. They stay until someone retries or puts them away. */
export function ActionFailures({ about }: Props) {
  const entries = useActionStore((state) => state.entries);
  const shown = entries.filter((one): one is Failure => isAbout(one, about));
  return shown.map((failure) => <ActionFailure key={failure.id} failure={failure} />);
}

const isAbout = (entry: Entry, about: string) =>
  entry.kind === 'failed' &&
  (about.endsWith(':') ? entry.action.subject.startsWith(about) : entry.action.subject === about);

function ActionFailure({ failure }: { failure: Failure }) {
  const queryClient = useQueryClient();
  const { action, error } = failure;
  return (
    <ErrorPanel
      title={action.failed ?? `${action.label} failed`}
      message={error.message}
      code={error.type}
      requestId={error.requestId}
      onRetry={() => void perform(action, queryClient)}
      onDismiss={() => {
        dismiss(failure.id);
      }}
    >
      <Stderr lines={stderrOf(error)} />
    </ErrorPanel>
  );
}
