import { CloseButton, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useState } from 'react';

type Props = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** How long typing rests before the change is told. */
  settleMs?: number;
  /** In px, or as wide as there is room. */
  width?: number | 'fill';
  /** What is wrong with what was typed. */
  error?: string | undefined;
};

/** A text filter. What is typed shows at once and is told when typing rests. Enter leaves at once; Escape clears, then leaves. */
export function SearchInput(props: Props) {
  const { label, value, onChange, settleMs = 150, width = 240, error } = props;
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
      error={error !== undefined}
      {...(error === undefined ? {} : { title: error })}
      placeholder={label}
      value={shown}
      {...(width === 'fill' ? {} : { w: width })}
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
        if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
          if (draft !== null) onChange(draft);
          setDraft(null);
          event.currentTarget.blur();
        }
        if (event.key !== 'Escape') return;
        // The first Escape clears, the second leaves.
        if (shown === '') event.currentTarget.blur();
        else setDraft('');
      }}
    />
  );
}
