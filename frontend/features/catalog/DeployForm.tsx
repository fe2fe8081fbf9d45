import { Button, Checkbox, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { deployEntry } from '../../api/catalog';
import { toApiError, type ApiError } from '../../api/errors';
import type { ApiRequest } from '../../api/send';
import type { CatalogEntry } from '../../api/types';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { SchemaFields } from '../../parts/calls/SchemaFields';
import { initialDraft, type Problems } from '../../parts/calls/draft';
import { fieldsOf } from '../../parts/calls/schema';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { fleetStore } from '../../store/fleet';
import { announce } from '../../ui/LiveRegion';
import classes from './CatalogPage.module.css';
import { deployment, formSchema, freeId, idProblem, place, shown, wrongOnly } from './deploy';

const isTaken = (id: string) => id in fleetStore.getState().fleet.providers;

type Props = { entry: CatalogEntry; onClose: () => void };

export function DeployForm({ entry, onClose }: Props) {
  const navigate = useNavigate();
  const schema = useMemo(() => formSchema(entry), [entry]);
  const [draft, setDraft] = useState(() => initialDraft(schema));
  const [id, setId] = useState(() => freeId(entry.provider_id, isTaken));
  const [start, setStart] = useState(true);
  const [problems, setProblems] = useState<Problems>({});
  const [wrongId, setWrongId] = useState('');
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [saving, setSaving] = useState(false);
  /** Whether it was tried to send it: from then on what is missing is wrong, too. */
  const [tried, setTried] = useState(false);
  const check = (all: boolean) => {
    const { body, problems: found } = deployment(schema, draft, id, start);
    const own = idProblem(id, isTaken);
    setProblems(all ? found : wrongOnly(found));
    setWrongId(own);
    return { body, fine: Object.keys(found).length === 0 && own === '' };
  };

  const deploy = async () => {
    setTried(true);
    setFailure(null);
    const { body, fine } = check(true);
    if (!fine) return;
    setSaving(true);
    try {
      const done = await deployEntry(entry.entry_id, body);
      announce(`${done.provider_id} is deployed`);
      await navigate({ to: '/providers/$id', params: { id: done.provider_id } });
    } catch (thrown) {
      const error = toApiError(thrown);
      const placed = place(error);
      setProblems(placed.problems);
      setWrongId(placed.id);
      setFailure(placed.rest ? error : null);
    } finally {
      setSaving(false);
    }
  };

  const request: ApiRequest = {
    method: 'POST',
    path: `api/catalog/${encodeURIComponent(entry.entry_id)}/deploy`,
    body: shown(deployment(schema, draft, id, start).body),
  };
  return (
    <form
      noValidate
      className={classes.form}
      aria-label={`Deploy ${entry.entry_id}`}
      onBlur={({ relatedTarget }) => {
        // On the way to another field. A message that comes or goes under a button would move it away from a click.
        if (relatedTarget instanceof HTMLElement && !relatedTarget.matches('button')) check(tried);
      }}
      onSubmit={(event) => {
        event.preventDefault();
        void deploy();
      }}
    >
      <h2>Deploy</h2>
      {failure ? <Failed title="It was not deployed" error={failure} /> : null}
      <TextInput
        label="Provider name"
        description="Its tools are called by this name"
        value={id}
        error={wrongId}
        onChange={(event) => {
          setId(event.currentTarget.value);
          setWrongId('');
        }}
      />
      {fieldsOf(schema).length > 0 ? (
        <SchemaFields schema={schema} draft={draft} problems={problems} onChange={setDraft} />
      ) : null}
      <Checkbox
        label="Start it at once"
        description="Otherwise the first call starts it"
        checked={start}
        onChange={(event) => {
          setStart(event.currentTarget.checked);
        }}
      />
      <div className={classes.actions}>
        <CurlButton requests={[request]} label="Copy as curl, secrets by name" />
        <Button onClick={onClose}>Cancel</Button>
        <NeedsButton needs={['provider:exec:*']} type="submit" variant="filled" loading={saving}>
          Deploy
        </NeedsButton>
      </div>
    </form>
  );
}
