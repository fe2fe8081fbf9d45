import { Button, Drawer, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { createGroup } from '../../api/groups';
import { keys } from '../../api/keys';
import type { NewGroup, Strategy } from '../../api/types';
import { fieldsAre, useSave, type Hints } from '../../hooks/useSave';
import { strategies, strategyOptions } from '../../parts/actions/groupActions';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { Failed } from '../../parts/Failed';
import { announce } from '../../ui/LiveRegion';
import classes from './CreateGroup.module.css';

type Props = { onClose: () => void };

type Values = { group_id: string; strategy: Strategy; min_healthy: string; description: string };

const fieldOf = fieldsAre('group_id', 'strategy', 'min_healthy', 'description');

const empty: Values = {
  group_id: '',
  strategy: 'round_robin',
  min_healthy: '1',
  description: '',
};

export function CreateGroup({ onClose }: Props) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [values, setValues] = useState(empty);
  const { hints, failure, saving, save } = useSave({ fieldOf, conflict: 'group_id' });
  const set = (change: Partial<Values>) => {
    setValues((before) => ({ ...before, ...change }));
  };
  const create = async () => {
    const body = bodyOf(values);
    await createGroup(body);
    announce(`Group ${body.group_id} is created`);
    await queryClient.invalidateQueries({ queryKey: keys.groups });
    await navigate({ to: '/groups/$id', params: { id: body.group_id } });
  };

  return (
    <Drawer
      opened
      onClose={onClose}
      size={440}
      title="Create group"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        noValidate
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          void save(check(values), create);
        }}
      >
        {failure ? <Failed title="The group was not created" error={failure} /> : null}
        <TextInput
          label="Name"
          description="Calls are sent to it by this name"
          data-autofocus
          value={values.group_id}
          error={hints.group_id}
          onChange={(event) => {
            set({ group_id: event.currentTarget.value });
          }}
        />
        <NativeSelect
          label="Strategy"
          description={strategies[values.strategy].means}
          rightSection={<IconChevronDown size={15} />}
          value={values.strategy}
          error={hints.strategy}
          data={strategyOptions}
          onChange={(event) => {
            set({ strategy: event.currentTarget.value as Strategy });
          }}
        />
        <TextInput
          label="Members it needs"
          description="With fewer that can be called it counts as partial"
          inputMode="numeric"
          value={values.min_healthy}
          error={hints.min_healthy}
          onChange={(event) => {
            set({ min_healthy: event.currentTarget.value });
          }}
        />
        <Textarea
          label="Description"
          autosize
          minRows={2}
          value={values.description}
          error={hints.description}
          onChange={(event) => {
            set({ description: event.currentTarget.value });
          }}
        />
        <div className={classes.actions}>
          <Button onClick={onClose}>Cancel</Button>
          <NeedsButton needs={['group:create:*']} type="submit" variant="filled" loading={saving}>
            Create group
          </NeedsButton>
        </div>
      </form>
    </Drawer>
  );
}

function check(values: Values): Hints {
  const hints: Record<string, string> = {};
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(values.group_id.trim()))
    hints.group_id = 'Letters, digits, _ and -, at most 64';
  const least = Number(values.min_healthy);
  if (!Number.isInteger(least) || least < 1 || least > 1_000)
    hints.min_healthy = 'A whole number, 1 to 1,000';
  return hints;
}

const bodyOf = (values: Values): NewGroup => ({
  group_id: values.group_id.trim(),
  strategy: values.strategy,
  min_healthy: Number(values.min_healthy),
  ...(values.description.trim() === '' ? {} : { description: values.description.trim() }),
});
