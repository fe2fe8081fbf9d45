import { Button, NativeSelect, Popover, TextInput } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import { ranges, windowOf, windowPatch, type Range, type RangePatch } from '../hooks/range';
import { useRange } from '../hooks/useRange';
import classes from './RangePicker.module.css';

/** How far back this page looks: up to now, or between two moments. */
export function RangePicker() {
  const { range, setRange, change } = useRange();
  const [asked, setAsked] = useState(false);
  const close = () => {
    setAsked(false);
  };
  return (
    <Popover opened={asked} onChange={setAsked} position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <NativeSelect
          aria-label="Range"
          className={classes.picker ?? ''}
          rightSection={<IconChevronDown size={15} />}
          value={range.key}
          data={[
            ...ranges.map(({ key, label }) => ({ value: key, label })),
            ...(range.window ? [{ value: 'custom', label: range.label }] : []),
            { value: 'ask', label: 'from … to …' },
          ]}
          onChange={(event) => {
            const { value } = event.currentTarget;
            if (value === 'ask') setAsked(true);
            else if (value !== 'custom') setRange(value);
          }}
        />
      </Popover.Target>
      <Popover.Dropdown>
        {asked ? (
          <Moments
            range={range}
            onDone={(patch) => {
              change(patch);
              close();
            }}
          />
        ) : null}
      </Popover.Dropdown>
    </Popover>
  );
}

type MomentsProps = { range: Range; onDone: (patch: RangePatch) => void };

/** Begins with what is on the screen, so that only confirming it freezes the moving range. */
function Moments({ range, onDone }: MomentsProps) {
  const [now] = useState(Date.now);
  const [from, setFrom] = useState(() => local(windowOf(range, now).from));
  const [to, setTo] = useState(() => local(windowOf(range, now).to));
  const wrong = !(Date.parse(from) < Date.parse(to));
  return (
    <form
      className={classes.moments}
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) onDone(windowPatch(Date.parse(from), Date.parse(to)));
      }}
    >
      <TextInput
        type="datetime-local"
        label="From"
        value={from}
        max={to}
        onChange={(event) => {
          setFrom(event.currentTarget.value);
        }}
      />
      <TextInput
        type="datetime-local"
        label="To"
        value={to}
        error={wrong ? 'It has to be later than its beginning.' : undefined}
        onChange={(event) => {
          setTo(event.currentTarget.value);
        }}
      />
      <Button type="submit" variant="filled" disabled={wrong}>
        Show this time
      </Button>
    </form>
  );
}

/** As an input of the browser wants it: this device's time, without a zone. */
function local(ms: number): string {
  const date = new Date(ms);
  return new Date(ms - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
