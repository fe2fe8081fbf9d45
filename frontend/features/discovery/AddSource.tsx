import { Button, Checkbox, Drawer, NativeSelect, TextInput } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { addSource } from '../../api/discovery';
import { keys } from '../../api/keys';
import type { NewSource } from '../../api/types';
import { fieldsAre, useSave } from '../../hooks/useSave';
import { NeedsButton } from '../../parts/actions/NeedsButton';
import { CurlButton } from '../../parts/CurlButton';
import { Failed } from '../../parts/Failed';
import { announce } from '../../ui/LiveRegion';
import classes from './DiscoveryPage.module.css';

type Props = { onClose: () => void };

type Type = NewSource['source_type'];
type Values = { type: Type; where: string; authoritative: boolean; autoApprove: boolean };

/** What tells a source of this type where to look. */
const places: Record<
  Type,
  { name: string; label: string; hint: string; key: string; list?: true }
> = {
  filesystem: {
    name: 'A directory of definitions',
    label: 'Directory',
    hint: 'Absolute; one YAML or JSON definition per file',
    key: 'path',
  },
  docker: {
    name: 'Containers with a label',
    label: 'Engine',
    hint: 'Empty: the one that Hangar uses; the label is mcp.hangar.enabled=true',
    key: 'host',
  },
  kubernetes: {
    name: 'A Kubernetes cluster',
    label: 'Kubeconfig',
    hint: 'Empty: the account of the pod that Hangar runs in',
    key: 'kubeconfig',
  },
  entrypoint: {
    name: 'Installed programs',
    label: 'Directories',
    hint: 'Absolute, parted by commas; empty: along PATH',
    key: 'directories',
    list: true,
  },
};

export function AddSource({ onClose }: Props) {
  const queryClient = useQueryClient();
  const [values, setValues] = useState<Values>({
    type: 'filesystem',
    where: '',
    authoritative: false,
    autoApprove: false,
  });
  const place = places[values.type];
  const where = `config.${place.key}`;
  const { hints, failure, saving, save } = useSave({ fieldOf: fieldsAre(where) });
  const set = (change: Partial<Values>) => {
    setValues((before) => ({ ...before, ...change }));
  };

  const add = async () => {
    await addSource(bodyOf(values));
    announce('The source is added');
    await queryClient.invalidateQueries({ queryKey: keys.discovery });
    onClose();
  };

  return (
    <Drawer
      opened
      onClose={onClose}
      size={440}
      title="Add source"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        noValidate
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          void save({}, add);
        }}
      >
        {failure ? <Failed title="The source was not added" error={failure} /> : null}
        <NativeSelect
          label="Where to look"
          data-autofocus
          rightSection={<IconChevronDown size={15} />}
          value={values.type}
          data={Object.entries(places).map(([value, { name }]) => ({ value, label: name }))}
          onChange={(event) => {
            set({ type: event.currentTarget.value as Type, where: '' });
          }}
        />
        <TextInput
          label={place.label}
          description={place.hint}
          value={values.where}
          error={hints[where]}
          onChange={(event) => {
            set({ where: event.currentTarget.value });
          }}
        />
        <Checkbox
          label="Also takes away"
          description="What it does not show any more is deregistered"
          checked={values.authoritative}
          onChange={(event) => {
            set({ authoritative: event.currentTarget.checked });
          }}
        />
        <Checkbox
          label="Register without asking"
          description="What asks for the host’s files, a network or a writable file system waits for a person all the same"
          checked={values.autoApprove}
          onChange={(event) => {
            set({ autoApprove: event.currentTarget.checked });
          }}
        />
        <div className={classes.formActions}>
          <CurlButton
            requests={[{ method: 'POST', path: 'api/discovery/sources', body: bodyOf(values) }]}
          />
          <Button onClick={onClose}>Cancel</Button>
          <NeedsButton needs={['provider:exec:*']} type="submit" variant="filled" loading={saving}>
            Add source
          </NeedsButton>
        </div>
      </form>
    </Drawer>
  );
}

export function bodyOf({ type, where, authoritative, autoApprove }: Values): NewSource {
  const { key, list } = places[type];
  const text = where.trim();
  const value = list
    ? text
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean)
    : text;
  return {
    source_type: type,
    enabled: true,
    mode: authoritative ? 'authoritative' : 'additive',
    config: {
      ...(text === '' ? (type === 'entrypoint' ? { search_path: true } : {}) : { [key]: value }),
      ...(autoApprove ? { auto_approve: true } : {}),
    },
  };
}
