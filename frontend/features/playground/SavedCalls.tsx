import { Button, CloseButton, TextInput } from '@mantine/core';
import { IconBookmark } from '@tabler/icons-react';
import { useState } from 'react';
import type { Target } from '../../api/callTool';
import { useUrlState } from '../../hooks/useUrlState';
import { announce } from '../../ui/LiveRegion';
import classes from './PlaygroundPage.module.css';
import { remove, save, useSaved } from './saved';

type SaveProps = { target: Target; tool: string; args: Record<string, unknown> | null };

/** Keeps the call as it stands in the form, under a name. */
export function SaveForm({ target, tool, args }: SaveProps) {
  const [name, setName] = useState('');
  const calls = useSaved();
  const replaces = calls.some((one) => one.name === name.trim());
  return (
    <form
      className={classes.save}
      aria-label="Save this call"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() === '' || args === null) return;
        save({ name: name.trim(), target, tool, args });
        announce(`${name.trim()} is saved`);
        setName('');
      }}
    >
      <TextInput
        aria-label="Name of the saved call"
        placeholder="Save this call as"
        value={name}
        onChange={(event) => {
          setName(event.currentTarget.value);
        }}
      />
      <Button
        type="submit"
        leftSection={<IconBookmark size={16} />}
        disabled={name.trim() === '' || args === null}
      >
        {replaces ? 'Replace' : 'Save'}
      </Button>
    </form>
  );
}

/** What was saved in this browser. */
export function SavedCalls() {
  const calls = useSaved();
  const [url, setUrl] = useUrlState();
  if (calls.length === 0) return null;
  return (
    <section className={classes.saved} aria-label="Saved calls">
      <h2>Saved calls</h2>
      <ul>
        {calls.map((call) => (
          <li key={call.name}>
            <button
              type="button"
              className={classes.choice}
              aria-current={url.saved === call.name || undefined}
              onClick={() => {
                setUrl(
                  {
                    provider: call.target.kind === 'provider' ? call.target.id : '',
                    group: call.target.kind === 'group' ? call.target.id : '',
                    tool: call.tool,
                    args: JSON.stringify(call.args),
                    saved: call.name,
                  },
                  { push: true },
                );
              }}
            >
              <span className={classes.choiceName}>{call.name}</span>
              <span className={classes.choiceOwner}>
                {call.tool}, {call.target.id}
              </span>
            </button>
            <CloseButton
              size={24}
              aria-label={`Forget ${call.name}`}
              onClick={() => {
                remove(call.name);
              }}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
