import { Input, SegmentedControl, Switch, Textarea, TextInput } from '@mantine/core';
import type { ProviderMode } from '../../api/types';
import { splitCommand } from './command';
import type { FormValues, Hints } from './form';
import classes from './ProviderDrawer.module.css';

type Props = {
  values: FormValues;
  hints: Hints;
  editing: boolean;
  onChange: (patch: Partial<FormValues>) => void;
};

type TextName = Exclude<keyof FormValues, 'mode' | 'read_only'>;

const modes: { value: ProviderMode; label: string }[] = [
  { value: 'subprocess', label: 'Subprocess' },
  { value: 'docker', label: 'Docker' },
  { value: 'remote', label: 'Remote' },
];

export function ProviderFields({ values, hints, editing, onChange }: Props) {
  const bind = (name: TextName) => ({
    name,
    value: values[name],
    error: hints[name],
    onChange: (event: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => {
      onChange({ [name]: event.currentTarget.value });
    },
  });
  return (
    <>
      {editing ? null : (
        <>
          <TextInput
            label="Name"
            description="Its id in every URL and event"
            data-autofocus
            {...bind('provider_id')}
          />
          <Input.Wrapper label="Mode" labelElement="div" id="mode">
            <SegmentedControl
              fullWidth
              mt={4}
              aria-label="Mode"
              data={modes}
              value={values.mode}
              onChange={(mode) => {
                onChange({ mode: mode });
              }}
            />
          </Input.Wrapper>
          <Origin values={values} bind={bind} onChange={onChange} />
        </>
      )}
      <TextInput label="Description" {...bind('description')} />
      <Textarea
        label="Environment"
        description={
          editing
            ? 'KEY=value, one per line. *** keeps a stored value'
            : 'KEY=value, one per line. Values are never shown again'
        }
        autosize
        minRows={2}
        styles={{ input: { fontFamily: 'var(--mono)', fontSize: 12 } }}
        {...bind('env')}
      />
      <div className={classes.pair}>
        <TextInput label="Stop when idle for (s)" inputMode="numeric" {...bind('idle_ttl_s')} />
        <TextInput
          label="Health check every (s)"
          inputMode="numeric"
          {...bind('health_check_interval_s')}
        />
      </div>
    </>
  );
}

type OriginProps = {
  values: FormValues;
  bind: (name: TextName) => object;
  onChange: Props['onChange'];
};

/** Where the provider comes from: one set of fields per mode. */
function Origin({ values, bind, onChange }: OriginProps) {
  switch (values.mode) {
    case 'subprocess': {
      const argv = splitCommand(values.command);
      return (
        <div>
          <TextInput
            label="Command"
            description="The program and its arguments; quotes keep together, no shell runs it"
            placeholder="npx -y @modelcontextprotocol/server-everything"
            spellCheck={false}
            styles={{ input: { fontFamily: 'var(--mono)', fontSize: 12 } }}
            {...bind('command')}
          />
          {argv.length > 1 ? (
            <div
              className={classes.argv}
              aria-label="Arguments as they will be passed"
              role="group"
            >
              {argv.map((arg, i) => (
                <code key={i} className="mono">
                  {arg === '' ? "''" : arg}
                </code>
              ))}
            </div>
          ) : null}
        </div>
      );
    }
    case 'docker':
      return (
        <>
          <TextInput
            label="Image"
            placeholder="ghcr.io/org/server:1.2"
            spellCheck={false}
            {...bind('image')}
          />
          <Textarea
            label="Volumes"
            description="host:container[:ro|rw], one per line"
            autosize
            minRows={1}
            {...bind('volumes')}
          />
          <div className={classes.pair}>
            <TextInput label="Network" {...bind('network')} />
            <Switch
              label="Read-only file system"
              mt={30}
              checked={values.read_only}
              onChange={(event) => {
                onChange({ read_only: event.currentTarget.checked });
              }}
            />
          </div>
        </>
      );
    case 'remote':
      return (
        <TextInput
          label="Endpoint"
          description="The streamable HTTP endpoint of the server"
          placeholder="https://example.com/mcp"
          type="url"
          spellCheck={false}
          {...bind('endpoint')}
        />
      );
  }
}
