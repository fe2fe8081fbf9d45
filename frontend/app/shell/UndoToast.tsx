import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNow } from '../../hooks/useNow';
import { dismiss, perform, useActionStore, type Done } from '../../parts/actions/store';
import classes from './UndoToast.module.css';
import { shown } from '../../ui/shown';

/** How long the way back floats over the page; in the tray it stays. */
const floatsMs = 10_000;

/** What was just done, and the way back. */
export function UndoToast() {
  const newest = useActionStore((state) => state.entries.find(isUndoable));
  return newest ? <Toast key={newest.id} entry={newest} /> : null;
}

const isUndoable = (entry: { kind: string; undo?: unknown }): entry is Done =>
  entry.kind === 'done' && entry.undo !== undefined;

function Toast({ entry }: { entry: Done }) {
  const now = useNow(1_000);
  const queryClient = useQueryClient();
  const { undo } = entry;
  if (!undo || now - entry.at > floatsMs) return null;
  return (
    <div className={classes.toast} role="group" aria-label="Undo">
      <span className={classes.text}>{shown(entry.text)}</span>
      <Button
        onClick={() => {
          dismiss(entry.id);
          void perform(undo, queryClient);
        }}
      >
        Undo
      </Button>
    </div>
  );
}
