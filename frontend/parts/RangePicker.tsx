import { NativeSelect } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { ranges, useRange } from '../hooks/useRange';

/** How far back this page looks. */
export function RangePicker() {
  const { range, setRange } = useRange();
  return (
    <NativeSelect
      aria-label="Range"
      w={128}
      rightSection={<IconChevronDown size={15} />}
      value={range.key}
      data={ranges.map(({ key, label }) => ({ value: key, label }))}
      onChange={(event) => {
        setRange(event.currentTarget.value);
      }}
    />
  );
}
