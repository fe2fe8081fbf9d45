import { ActionIcon, Button } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';

type Props = {
  text: string;
  label: string;
  icon?: ReactNode;
  /** Shown on the button; without, it is an icon. */
  words?: string;
};

export function CopyButton({ text, label, icon = <IconCopy size={16} />, words }: Props) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => {
      setCopied(false);
    }, 1_200);
  };
  const name = copied ? 'Copied' : label;
  const common = {
    'aria-label': name,
    title: name,
    onClick: () => {
      copy().catch(() => undefined); // refused by the browser: the text is still there to select
    },
  };
  const shown = copied ? <IconCheck size={16} /> : icon;
  return words === undefined ? (
    <ActionIcon {...common}>{shown}</ActionIcon>
  ) : (
    <Button {...common} leftSection={shown}>
      {copied ? 'Copied' : words}
    </Button>
  );
}
