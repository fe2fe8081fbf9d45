import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { ask, perform, useActionStore } from './store';

// A dialog is not part of the first look.
const QuestionDialog = lazy(async () => ({
  default: (await import('./QuestionDialog')).QuestionDialog,
}));

/** Asks whatever an action wants asked. Mounted once, in the shell. */
export function ActionHost() {
  const asked = useActionStore((state) => state.asked);
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  if (!asked) return null;
  return (
    <Suspense>
      <QuestionDialog
        action={asked}
        onClose={() => {
          ask(null);
        }}
        onConfirm={async () => {
          const done = await perform(asked, queryClient);
          ask(null); // what failed is told on the page and in the tray
          if (done && asked.after) await navigate(asked.after);
        }}
      />
    </Suspense>
  );
}
