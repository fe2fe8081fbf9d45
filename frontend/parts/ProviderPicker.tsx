import { NativeSelect } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useFleet } from '../store/fleet';

type Props = { value: string; onChange: (id: string) => void };

/** One provider or all; one that is gone can still be asked for. */
export function ProviderPicker({ value, onChange }: Props) {
  const providers = useFleet((state) => state.fleet.providers);
  const ids = useMemo(() => {
    const known = Object.keys(providers);
    return [...new Set(value === '' ? known : [...known, value])].sort();
  }, [providers, value]);
  return (
    <NativeSelect
      aria-label="Provider"
      w={160}
      rightSection={<IconChevronDown size={15} />}
      value={value}
      data={[{ value: '', label: 'All providers' }, ...ids]}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}
