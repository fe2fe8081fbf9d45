import { ActionIcon, Button } from '@mantine/core';
import type { Action } from './action';
import { useActionStore } from './store';
import { useGate } from './useGate';
import { useTrigger } from './useTrigger';
import { shown } from '../../ui/shown';

type Props = {
  action: Action;
  /** Without words, for rows. */
  iconOnly?: boolean;
  filled?: boolean;
  /** With its subject, where that is not near. */
  long?: boolean;
  size?: number;
};

/** The action as a button; why it cannot be done now is its tooltip. */
export function ActionButton({
  action: given,
  iconOnly = false,
  filled = false,
  long = false,
  size = 28,
}: Props) {
  const trigger = useTrigger();
  const action = useGate()(given);
  const pending = useActionStore((state) => state.pending.has(action.id));
  const key = action.key === undefined ? '' : ` (${action.key})`;
  const title =
    action.blocked === undefined
      ? `${action.verb}${key}`
      : `${action.verb}: not now, ${action.blocked}`;
  const onClick = () => {
    trigger(action);
  };
  if (iconOnly) {
    return (
      <ActionIcon
        size={size}
        aria-label={shown(action.label)}
        title={title}
        disabled={action.blocked !== undefined || pending}
        onClick={onClick}
      >
        <action.icon size={16} />
      </ActionIcon>
    );
  }
  return (
    <Button
      variant={filled ? 'filled' : 'default'}
      leftSection={<action.icon size={16} />}
      title={title}
      disabled={action.blocked !== undefined}
      loading={pending}
      onClick={onClick}
    >
      {long ? shown(action.label) : action.verb}
    </Button>
  );
}
