import { ActionIcon } from '@mantine/core';
import type { ReactNode } from 'react';
import { useDenial } from './useGate';

type Props = {
  /** The permissions that what it begins takes. */
  needs: readonly string[];
  'aria-label': string;
  title: string;
  disabled?: boolean;
  onClick: () => void;
  children: ReactNode;
};

/** NeedsButton without words, for rows. */
export function NeedsIcon({ needs, disabled, title, ...rest }: Props) {
  const denial = useDenial(needs);
  return (
    <ActionIcon
      {...rest}
      size={28}
      disabled={denial !== undefined || disabled === true}
      title={denial ?? title}
    />
  );
}
