import { Button, Modal, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import classes from './ConfirmDialog.module.css';
import { shown } from './shown';

type Props = {
  opened: boolean;
  title: string;
  confirm: string;
  pending: boolean;
  /** It cannot be taken back: the safe answer has the focus, the other one is red. */
  danger?: boolean;
  /** The word that has to be typed before it can be confirmed; pasting is fine. */
  typed?: string | undefined;
  /** At the left of the buttons. */
  aside?: ReactNode;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
};

/** Asks before something that disturbs others or cannot be taken back. */
export function ConfirmDialog(props: Props) {
  const { danger = false, typed } = props;
  const [text, setText] = useState('');
  const ready = typed === undefined || text.trim() === typed;
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={shown(props.title)}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !props.pending) props.onConfirm();
        }}
      >
        <div className={classes.body}>{props.children}</div>
        {typed === undefined ? null : (
          <TextInput
            className={classes.typed}
            label={
              <>
                Type <strong>{shown(typed)}</strong> to confirm
              </>
            }
            value={text}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
            onChange={(event) => {
              setText(event.currentTarget.value);
            }}
          />
        )}
        <div className={classes.actions}>
          <span className={classes.aside}>{props.aside}</span>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="filled"
            {...(danger ? { color: 'bad' } : {})}
            disabled={!ready}
            loading={props.pending}
            data-autofocus={typed === undefined || undefined}
          >
            {shown(props.confirm)}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
