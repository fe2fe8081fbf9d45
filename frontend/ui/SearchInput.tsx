import { CloseButton, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useState } from 'react';

type Props = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** How long typing rests before the change is told. */
  settleMs?: number;
  width?: number;
};

/** A text filter. What is typed shows at once and is told when typing rests; Escape clears, then leaves. */
export function SearchInput({ label, value, onChange, settleMs = 150, width = 240 }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  useEffect(() => {
    if (draft === null) return;
    const timer = setTimeout(() => {
      onChange(draft);
      setDraft(null);
    }, settleMs);
    return () => {
      clearTimeout(timer);
    };
  }, [draft, onChange, settleMs]);
  const shown = draft ?? value;
  return (
    <TextInput
      aria-label={label}
      data-filter
      placeholder={label}
      value={shown}
      w={width}
      leftSection={<IconSearch size={15} />}
      rightSection={
        shown === '' ? null : (
          <CloseButton
            size={24}
            aria-label="Clear"
            onClick={() => {
              setDraft('');
            }}
          />
        )
      }
      onChange={(event) => {
        setDraft(event.currentTarget.value);
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        // The first Escape clears, the second leaves.
        if (shown === '') event.currentTarget.blur();
        else setDraft('');
      }}
    />
  );
}
