import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { toApiError, type ApiError } from '../../api/errors';
import { addMember } from '../../api/groups';
import { keys } from '../../api/keys';
import type { Group } from '../../api/types';
import { byText } from '../../hooks/useListView';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { Failed } from '../../parts/Failed';
import { useFleet } from '../../store/fleet';
import { announce } from '../../ui/LiveRegion';
import classes from './GroupPage.module.css';

type Props = { group: Group; onClose: () => void };

/** One line: who, with which weight and rank. Stays open, because groups are made of several. */
export function AddMember({ group, onClose }: Props) {
  const queryClient = useQueryClient();
  const providers = useFleet((state) => state.fleet.providers);
  const free = useMemo(() => {
    const taken = new Set(group.members.map((member) => member.id));
    return Object.keys(providers)
      .filter((id) => !taken.has(id))
      .sort(byText);
  }, [providers, group.members]);
  const [chosen, setChosen] = useState('');
  const [weight, setWeight] = useState('1');
  const [priority, setPriority] = useState('1');
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [saving, setSaving] = useState(false);
  const id = free.includes(chosen) ? chosen : (free[0] ?? '');

  const add = async () => {
    setFailure(null);
    setSaving(true);
    try {
      await addMember(group.group_id, {
        member_id: id,
        weight: Number(weight),
        priority: Number(priority),
      });
      announce(`${id} has joined ${group.group_id}`);
      await queryClient.invalidateQueries({ queryKey: keys.groups });
    } catch (thrown) {
      setFailure(toApiError(thrown));
    } finally {
      setSaving(false);
    }
  };

  return (
    <form
      className={classes.add}
      aria-label="Add member"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <NativeSelect
        label="Provider"
        rightSection={<IconChevronDown size={15} />}
        value={id}
        data={free}
        disabled={free.length === 0}
        onChange={(event) => {
          setChosen(event.currentTarget.value);
        }}
      />
      <Rank label="Weight" value={weight} onChange={setWeight} />
      <Rank label="Priority" value={priority} onChange={setPriority} />
      <NeedsButton
        needs={[`group:update:${group.group_id}`]}
        type="submit"
        variant="filled"
        loading={saving}
        disabled={id === '' || !isRank(weight) || !isRank(priority)}
      >
        Add
      </NeedsButton>
      <Button onClick={onClose}>Done</Button>
      {free.length === 0 ? <p className="muted">Every provider is a member already.</p> : null}
      {failure ? (
        <div className={classes.failure}>
          <Failed title="The member was not added" error={failure} />
        </div>
      ) : null}
    </form>
  );
}

const isRank = (text: string) => /^([1-9]\d?|100)$/.test(text.trim());

type RankProps = { label: string; value: string; onChange: (value: string) => void };

function Rank({ label, value, onChange }: RankProps) {
  return (
    <TextInput
      label={label}
      inputMode="numeric"
      w={84}
      value={value}
      error={isRank(value) ? undefined : '1 to 100'}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}
