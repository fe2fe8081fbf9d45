import { toApiError } from '../api/errors';
import { ErrorPanel } from '../ui/ErrorPanel';

type Props = { title: string; error: unknown; onRetry?: (() => void) | undefined };

/** A request that failed, in the contract's own words. */
export function Failed({ title, error, onRetry }: Props) {
  const { message, type, requestId } = toApiError(error);
  return (
    <ErrorPanel
      title={title}
      message={message}
      code={type}
      requestId={requestId}
      onRetry={onRetry}
    />
  );
}
