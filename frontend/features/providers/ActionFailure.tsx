import { stderrOf } from '../../api/errors';
import { ErrorPanel } from '../../ui/ErrorPanel';
import { Stderr } from './Stderr';
import type { Failure, Verb } from './useProviderActions';

type Props = { failure: Failure; onRetry: () => void; onDismiss: () => void };

const attempts: Record<Verb, string> = {
  start: 'did not start',
  stop: 'could not be stopped',
  delete: 'could not be deleted',
};

/** An action that failed, with what the provider itself said last. */
export function ActionFailure({ failure, onRetry, onDismiss }: Props) {
  return (
    <ErrorPanel
      title={`${failure.id} ${attempts[failure.verb]}`}
      message={failure.error.message}
      code={failure.error.type}
      requestId={failure.error.requestId}
      onRetry={onRetry}
      onDismiss={onDismiss}
    >
      <Stderr lines={stderrOf(failure.error)} />
    </ErrorPanel>
  );
}
