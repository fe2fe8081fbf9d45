import { IconEraser, IconPlayerStop } from '@tabler/icons-react';
import { keys } from '../../api/keys';
import type { Operation } from '../../api/types';
import { isRunning, loadOperations } from '../../store/operations';
import { operationTitle } from '../../store/operationText';
import type { Action } from './action';

export const operationSubject = (id: string) => `operation:${id}`;

/** What can be done with an operation now: one thing, depending on whether it has ended. */
export function operationActions(operation: Operation): Action[] {
  return [isRunning(operation) ? cancel(operation) : forget(operation)];
}

export const cancel = (operation: Operation): Action => {
  const title = operationTitle(operation);
  return {
    ...common(operation, 'cancel', 'Cancel'),
    icon: IconPlayerStop,
    key: 'c',
    tier: 2,
    blocked: operation.cancellable ? undefined : 'only its producer can end it',
    question: {
      title: `Cancel “${title}”?`,
      Body: () => (
        <p>
          The work stops as soon as it notices. What it has done so far is not undone; its record
          stays.
        </p>
      ),
    },
    refresh: [keys.operation(operation.operation_id)],
    done: `“${title}” is cancelled`,
    failed: `“${title}” could not be cancelled`,
  };
};

const forget = (operation: Operation): Action => {
  const title = operationTitle(operation);
  return {
    ...common(operation, 'forget', 'Forget'),
    icon: IconEraser,
    tier: 2,
    question: {
      title: `Forget “${title}”?`,
      Body: () => (
        <p>Its record leaves the list. What the event log holds of it stays there for its time.</p>
      ),
    },
    after: { to: '/operations' },
    done: `“${title}” is forgotten`,
    failed: `“${title}” could not be forgotten`,
  };
};

const common = (operation: Operation, name: string, verb: string) => {
  const id = operation.operation_id;
  return {
    id: `${name}:${operationSubject(id)}`,
    verb,
    label: `${verb} “${operationTitle(operation)}”`,
    subject: operationSubject(id),
    needs: ['operation:write:*'],
    requests: [{ method: 'DELETE', path: `api/operations/${encodeURIComponent(id)}` } as const],
    then: () => void loadOperations(),
  };
};
