import { Button, Drawer, SegmentedControl, TextInput, type TextInputProps } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useId, useMemo, useState } from 'react';
import { keys } from '../../api/keys';
import { send, type ApiRequest } from '../../api/send';
import type { Policy, PolicyEffect, Principal, RoleInfo } from '../../api/types';
import { useFleetTools } from '../../hooks/useFleetTools';
import { byText } from '../../hooks/useListView';
import { fieldsAre, useSave, type Hints } from '../../hooks/useSave';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import {
  clearRequest,
  policyKey,
  policyName,
  setRequest,
  type Place,
} from '../../parts/actions/policyActions';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { plural } from '../../ui/format';
import { announce } from '../../ui/LiveRegion';
import classes from './AccessPage.module.css';
import { globMatches } from '../../hooks/glob';
import { covered, meaning } from './policies';
import { shownName } from '../../ui/shown';

type Props = {
  /** Undefined: a new one. */
  policy: Policy | undefined;
  principals: readonly Principal[];
  roles: readonly RoleInfo[];
  onClose: () => void;
};

type Values = Place & { effect: PolicyEffect };

const empty: Values = { principal_id: '', provider_id: '', tool_name: '', effect: 'deny' };

const fieldOf = fieldsAre('principal_id', 'provider_id', 'tool_name', 'effect');

export function PolicyForm({ policy, principals, roles, onClose }: Props) {
  const queryClient = useQueryClient();
  const fleet = useFleetTools();
  const [values, setValues] = useState<Values>(policy ?? empty);
  const { hints, failure, saving, save } = useSave({ fieldOf });
  const set = (change: Partial<Values>) => {
    setValues((before) => ({ ...before, ...change }));
  };
  const tools = useMemo(() => fleet.data?.tools ?? [], [fleet.data]);
  const subjects = useMemo(
    () => [
      '*',
      ...principals.map((one) => one.principal_id).sort(byText),
      ...roles.map((one) => `role:${one.role_id}`),
    ],
    [principals, roles],
  );
  const providers = useMemo(
    () => ['*', ...[...new Set(tools.map((one) => one.provider_id))].sort(byText)],
    [tools],
  );
  const names = useMemo(() => {
    const own = tools.filter(
      (one) => values.provider_id === '' || globMatches(values.provider_id, one.provider_id),
    );
    return ['*', ...[...new Set(own.map((one) => one.name))].sort(byText)];
  }, [tools, values.provider_id]);
  const complete = [values.principal_id, values.provider_id, values.tool_name].every(Boolean);

  const put = async () => {
    for (const request of requestsOf(values, policy)) await send(request);
    announce(`The policy ${policyName(values)} is set`);
    await queryClient.invalidateQueries({ queryKey: keys.access });
    onClose();
  };

  return (
    <Drawer
      opened
      onClose={onClose}
      size={440}
      title={policy ? 'Edit policy' : 'Add policy'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        noValidate
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          void save(missingOf(values), put);
        }}
      >
        {failure ? <Failed title="The policy was not set" error={failure} /> : null}
        <SegmentedControl
          aria-label="Effect"
          value={values.effect}
          data={[
            { value: 'deny', label: 'Deny' },
            { value: 'allow', label: 'Allow only' },
          ]}
          onChange={(effect) => {
            set({ effect: effect });
          }}
        />
        <Suggesting
          label="Whom"
          description="A principal, group:name, role:name, or * for everyone"
          data-autofocus
          value={values.principal_id}
          error={hints.principal_id}
          among={subjects}
          onValue={(principal_id) => {
            set({ principal_id });
          }}
        />
        <Suggesting
          label="Provider"
          description="Its name, or a pattern: *, prod-?, db[1-3]"
          value={values.provider_id}
          error={hints.provider_id}
          among={providers}
          onValue={(provider_id) => {
            set({ provider_id });
          }}
        />
        <Suggesting
          label="Tool"
          description="Its name, or a pattern: delete_*"
          value={values.tool_name}
          error={hints.tool_name}
          among={names}
          onValue={(tool_name) => {
            set({ tool_name });
          }}
        />
        {complete ? (
          <div className={classes.preview} role="status">
            <p>{shownName(meaning(values.effect, values))}</p>
            <p className="muted">
              {fleet.data
                ? `Speaks of ${plural(covered(tools, values).length, 'tool')} of those that are known. `
                : ''}
              It holds from the next call on.
            </p>
          </div>
        ) : null}
        <div className={classes.formActions}>
          {complete ? <CurlButton requests={requestsOf(values, policy)} /> : null}
          <Button onClick={onClose}>Cancel</Button>
          <NeedsButton needs={['auth:update:*']} type="submit" variant="filled" loading={saving}>
            {policy ? 'Save policy' : 'Add policy'}
          </NeedsButton>
        </div>
      </form>
    </Drawer>
  );
}

type SuggestingProps = TextInputProps & {
  among: readonly string[];
  onValue: (value: string) => void;
};

/** A text with what is known to choose from; anything else can be typed. */
function Suggesting({ among, onValue, ...rest }: SuggestingProps) {
  const id = useId();
  return (
    <>
      <TextInput
        {...rest}
        list={id}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => {
          onValue(event.currentTarget.value.trim());
        }}
      />
      <datalist id={id}>
        {among.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </>
  );
}

/** One that moves to another place is set there first, so that nothing opens in between. */
export function requestsOf(values: Values, before: Policy | undefined): ApiRequest[] {
  const moved = before !== undefined && policyKey(before) !== policyKey(values);
  return [setRequest(values, values.effect), ...(moved ? [clearRequest(before)] : [])];
}

function missingOf(values: Values): Hints {
  const hints: Record<string, string> = {};
  if (values.principal_id === '') hints.principal_id = 'Say whom it is about; * is everyone';
  if (values.provider_id === '') hints.provider_id = 'Name a provider; * is all of them';
  if (values.tool_name === '') hints.tool_name = 'Name a tool; * is all of them';
  return hints;
}
