import { curlOf } from '../../api/send';
import { useReturnFocus } from '../../hooks/useReturnFocus';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { CopyButton } from '../../ui/CopyButton';
import type { Action } from './action';
import { useActionStore } from './store';

type Props = { action: Action; onConfirm: () => Promise<void>; onClose: () => void };

/** Says what an action will do, and to whom, before it does it. */
export function QuestionDialog({ action, onConfirm, onClose }: Props) {
  const pending = useActionStore((state) => state.pending.has(action.id));
  useReturnFocus();
  const { question } = action;
  if (!question) return null;
  const final = action.tier === 3;
  return (
    <ConfirmDialog
      opened
      title={question.title}
      confirm={action.label}
      pending={pending}
      danger={final}
      typed={final ? nameOf(action.subject) : undefined}
      aside={
        action.requests ? (
          <CopyButton
            text={action.requests.map(curlOf).join('\n')}
            label="Copy as curl"
            words="Copy as curl"
          />
        ) : null
      }
      onConfirm={() => void onConfirm()}
      onClose={onClose}
    >
      <question.Body />
    </ConfirmDialog>
  );
}

const nameOf = (subject: string) => subject.slice(subject.indexOf(':') + 1);
