import { ActionIcon, type ActionIconProps } from '@mantine/core';
import type { ReactNode } from 'react';
import { useLacking } from '../../hooks/useMay';
import { reasonOf } from './useGate';

type Props = ActionIconProps & {
  /** The permissions that what it begins takes. */
  needs: readonly string[];
  'aria-label': string;
  title: string;
  onClick: () => void;
  children: ReactNode;
};

/** NeedsButton without words, for rows. */
export function NeedsIcon({ needs, disabled, title, ...rest }: Props) {
  const missing = useLacking()(needs);
  const denied = missing.length > 0;
  return (
    <ActionIcon
      size={28}
      {...rest}
      disabled={denied || disabled === true}
      title={denied ? `${title}: not for you, ${reasonOf(missing)}` : title}
    />
  );
}
