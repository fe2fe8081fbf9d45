import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { announce } from '../../ui/LiveRegion';
import type { Action } from './action';
import { ask, perform } from './store';
import { useGate } from './useGate';

/** Begins an action the way its tier wants: at once, or with a question first. */
export function useTrigger(): (action: Action) => void {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const gate = useGate();
  return useCallback(
    (given: Action) => {
      const action = gate(given);
      if (action.blocked !== undefined) {
        announce(`${action.label}: ${action.blocked}`);
        return;
      }
      if (action.run) action.run();
      else if (action.go) void navigate(action.go);
      else if (action.question) ask(action);
      else
        void perform(action, queryClient).then((done) => {
          if (done && action.after) void navigate(action.after);
        });
    },
    [navigate, queryClient, gate],
  );
}
