import { ConfirmDialog } from '../../ui/ConfirmDialog';
import type { useProviderActions } from './useProviderActions';

type Props = {
  id: string;
  actions: ReturnType<typeof useProviderActions>;
  onClose: () => void;
  onDeleted: () => void;
};

export function DeleteDialog({ id, actions, onClose, onDeleted }: Props) {
  const confirm = async () => {
    const deleted = await actions.run('delete', id);
    if (deleted) onDeleted();
    else onClose(); // the page shows what failed
  };
  return (
    <ConfirmDialog
      opened
      title={`Delete ${id}?`}
      confirm={`Delete ${id}`}
      pending={actions.pending.has(id)}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>
        The provider <strong>{id}</strong> is stopped and its definition is removed. Its tools are
        no longer offered. The event log keeps its history.
      </p>
    </ConfirmDialog>
  );
}
