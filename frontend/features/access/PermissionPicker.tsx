import { ActionIcon, Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { IconChevronDown, IconPlus, IconX } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { Vocabulary } from '../../api/types';
import { plural } from '../../ui/format';
import classes from './AccessPage.module.css';
import { isForAll, isImplied, permissionOf, toggled } from './permissions';
import { shown } from '../../ui/shown';

type Props = {
  vocabulary: Vocabulary;
  held: readonly string[];
  problem: string | undefined;
  onChange: (held: string[]) => void;
};

/** Every permission there is, to be ticked for all things, and a list of those that hold for some. */
export function PermissionPicker({ vocabulary, held, problem, onChange }: Props) {
  const scoped = held.filter((one) => !isForAll(one));
  return (
    <fieldset className={classes.picker}>
      <legend>
        May <span className="muted">{plural(held.length, 'permission')}</span>
      </legend>
      {problem ? (
        <p className={classes.problem} role="alert">
          {problem}
        </p>
      ) : null}
      <Box label="everything" permission="*:*" held={held} implied={false} onChange={onChange} />
      <div className={classes.grid} role="group" aria-label="For all">
        {vocabulary.resources.map(({ resource, actions }) => (
          <div key={resource} className={classes.gridRow}>
            <strong>{resource}</strong>
            <span>
              {actions.length > 1 ? (
                <Box
                  label="all"
                  permission={`${resource}:*`}
                  held={held}
                  implied={isImplied(held, resource, '*')}
                  onChange={onChange}
                />
              ) : null}
              {actions.map((action) => (
                <Box
                  key={action}
                  label={action}
                  permission={`${resource}:${action}`}
                  held={held}
                  implied={isImplied(held, resource, action)}
                  onChange={onChange}
                />
              ))}
            </span>
          </div>
        ))}
      </div>
      <Scoped vocabulary={vocabulary} held={held} onChange={onChange} />
      {scoped.length > 0 ? (
        <ul aria-label="For some">
          {scoped.map((one) => (
            <li key={one} className={classes.line}>
              <code className="mono">{shown(one)}</code>
              <ActionIcon
                size={24}
                aria-label={`Take away ${shown(one)}`}
                title="Take away"
                onClick={() => {
                  onChange(held.filter((other) => other !== one));
                }}
              >
                <IconX size={14} />
              </ActionIcon>
            </li>
          ))}
        </ul>
      ) : null}
    </fieldset>
  );
}

type BoxProps = {
  label: string;
  permission: string;
  held: readonly string[];
  /** A wider one is held: it is permitted already. */
  implied: boolean;
  onChange: (held: string[]) => void;
};

function Box({ label, permission, held, implied, onChange }: BoxProps) {
  return (
    <Checkbox
      size="xs"
      label={label}
      aria-label={permission}
      checked={implied || held.includes(permission)}
      disabled={implied}
      onChange={() => {
        onChange(toggled(held, permission));
      }}
    />
  );
}

type ScopedProps = Pick<Props, 'vocabulary' | 'held' | 'onChange'>;

function Scoped({ vocabulary, held, onChange }: ScopedProps) {
  const all = useMemo(
    () =>
      vocabulary.resources.flatMap(({ resource, actions }) =>
        [...(actions.length > 1 ? ['*'] : []), ...actions].map((one) => `${resource}:${one}`),
      ),
    [vocabulary],
  );
  const [permission, setPermission] = useState('tool:invoke');
  const [id, setId] = useState('');
  const [resource = '', action = ''] = permission.split(':');
  const add = () => {
    const wanted = permissionOf({ resource, action, id: id.trim() });
    if (id.trim() !== '' && !held.includes(wanted)) onChange([...held, wanted]);
    setId('');
  };
  return (
    <div className={classes.scoped}>
      <NativeSelect
        aria-label="Permission"
        rightSection={<IconChevronDown size={15} />}
        value={permission}
        data={all}
        onChange={(event) => {
          setPermission(event.currentTarget.value);
        }}
      />
      <TextInput
        aria-label="Only for"
        placeholder="only for: math, or prod-*/read_*"
        value={id}
        onChange={(event) => {
          setId(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault(); // the form around it is saved by its own button
          add();
        }}
      />
      <Button leftSection={<IconPlus size={16} />} onClick={add}>
        Add
      </Button>
    </div>
  );
}
