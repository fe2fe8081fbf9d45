import { Button, Checkbox, Drawer, Textarea } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { importEntries } from '../../api/catalog';
import { toApiError, type ApiError } from '../../api/errors';
import { keys } from '../../api/keys';
import type { Imported } from '../../api/types';
import type { UrlState } from '../../hooks/useUrlState';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { Failed } from '../../parts/Failed';
import { plural } from '../../ui/format';
import { announce } from '../../ui/LiveRegion';
import classes from './CatalogPage.module.css';

type Props = { onClose: () => void };

export function ImportDrawer({ onClose }: Props) {
  const queryClient = useQueryClient();
  const [text, setText] = useState('');
  const [replace, setReplace] = useState(false);
  const [problem, setProblem] = useState('');
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [done, setDone] = useState<Imported | null>(null);
  const [saving, setSaving] = useState(false);

  const take = async () => {
    setProblem('');
    setFailure(null);
    setDone(null);
    let servers: unknown;
    try {
      servers = JSON.parse(text);
    } catch (thrown) {
      setProblem(thrown instanceof Error ? thrown.message : 'Not valid JSON');
      return;
    }
    setSaving(true);
    try {
      const result = await importEntries(servers, replace);
      setDone(result);
      announce(`${plural(result.entries.length, 'entry', 'entries')} imported`);
      await queryClient.invalidateQueries({ queryKey: keys.catalogAll });
    } catch (thrown) {
      setFailure(toApiError(thrown));
    } finally {
      setSaving(false);
    }
  };

  return (
    <Drawer
      opened
      onClose={onClose}
      size={520}
      title="Import server.json"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        noValidate
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          void take();
        }}
      >
        <p className="muted">
          The format of the official registry: one server, or a list of them. Each way to run it
          becomes an entry of the catalog; nothing runs before it is deployed.
        </p>
        {failure ? <Failed title="Nothing was imported" error={failure} /> : null}
        {done ? <Result done={done} /> : null}
        <Textarea
          label="server.json"
          data-autofocus
          autosize
          minRows={10}
          maxRows={24}
          spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mono)', fontSize: 12 } }}
          value={text}
          error={problem}
          onChange={(event) => {
            setText(event.currentTarget.value);
          }}
        />
        <Checkbox
          label="Take the place of entries that were imported before"
          checked={replace}
          onChange={(event) => {
            setReplace(event.currentTarget.checked);
          }}
        />
        <div className={classes.actions}>
          <Button onClick={onClose}>Close</Button>
          <NeedsButton needs={['catalog:write:*']} type="submit" variant="filled" loading={saving}>
            Import
          </NeedsButton>
        </div>
      </form>
    </Drawer>
  );
}

function Result({ done }: { done: Imported }) {
  return (
    <ul className={classes.result} aria-label="Imported">
      {done.entries.map((entry) => (
        <li key={entry.entry_id}>
          <Link
            to="/catalog"
            search={(before: UrlState) => ({ ...before, import: undefined, entry: entry.entry_id })}
          >
            {entry.entry_id}
          </Link>
          <span className="muted">{entry.variant}</span>
        </li>
      ))}
      {done.skipped.map((one) => (
        <li key={`${one.name} ${one.variant} ${one.reason}`}>
          {one.name} {one.variant}
          <span className="muted">skipped: {one.reason}</span>
        </li>
      ))}
    </ul>
  );
}
