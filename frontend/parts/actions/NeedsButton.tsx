import { Button, type ButtonProps } from '@mantine/core';
import type { ReactNode } from 'react';
import { useDenial } from './useGate';

type Props = ButtonProps & {
  /** The permissions that what it begins takes. */
  needs: readonly string[];
  onClick?: () => void;
  type?: 'submit';
  form?: string;
  title?: string;
  children: ReactNode;
};

/** A button for what is not an action yet, such as a form. Who may not do it sees why instead of failing at its end. */
export function NeedsButton({ needs, disabled, title, ...rest }: Props) {
  const denial = useDenial(needs);
  return (
    <Button
      {...rest}
      disabled={denial !== undefined || disabled === true}
      title={denial ?? title}
    />
  );
}
