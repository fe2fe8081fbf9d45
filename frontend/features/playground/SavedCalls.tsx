import { ActionIcon, Button, CloseButton, TextInput } from '@mantine/core';
import { IconBookmark, IconPencil } from '@tabler/icons-react';
import { useState } from 'react';
import type { Target } from '../../api/callTool';
import { useUrlState } from '../../hooks/useUrlState';
import { announce } from '../../ui/LiveRegion';
import classes from './PlaygroundPage.module.css';
import { remove, rename, save, useSaved, type SavedCall } from './saved';

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
  const [forgotten, setForgotten] = useState<SavedCall | null>(null);
  const [renamed, setRenamed] = useState<string | null>(null);
  if (calls.length === 0 && !forgotten) return null;
  return (
    <section className={classes.saved} aria-label="Saved calls">
      <h2>Saved calls</h2>
      {forgotten ? (
        <p className={classes.forgotten}>
          <span>{forgotten.name} is forgotten.</span>
          <Button
            size="xs"
            autoFocus
            onClick={() => {
              save(forgotten);
              announce(`${forgotten.name} is back`);
              setForgotten(null);
            }}
          >
            Undo
          </Button>
        </p>
      ) : null}
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
            {renamed === call.name ? (
              <Rename
                call={call}
                taken={(name) => name !== call.name && calls.some((one) => one.name === name)}
                onEnd={() => {
                  setRenamed(null);
                }}
              />
            ) : null}
            <ActionIcon
              size={24}
              aria-label={`Rename ${call.name}`}
              title="Rename"
              onClick={() => {
                setRenamed(renamed === call.name ? null : call.name);
              }}
            >
              <IconPencil size={14} />
            </ActionIcon>
            <CloseButton
              size={24}
              aria-label={`Forget ${call.name}`}
              onClick={() => {
                remove(call.name);
                announce(`${call.name} is forgotten`);
                setForgotten(call);
              }}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

type RenameProps = { call: SavedCall; taken: (name: string) => boolean; onEnd: () => void };

function Rename({ call, taken, onEnd }: RenameProps) {
  const [name, setName] = useState(call.name);
  return (
    <form
      className={classes.rename}
      aria-label={`Rename ${call.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        const next = name.trim();
        if (next === '' || taken(next)) return;
        rename(call.name, next);
        onEnd();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onEnd();
      }}
    >
      <TextInput
        autoFocus
        aria-label={`New name of ${call.name}`}
        value={name}
        error={taken(name.trim()) ? 'Another call has this name' : undefined}
        onChange={(event) => {
          setName(event.currentTarget.value);
        }}
      />
    </form>
  );
}
