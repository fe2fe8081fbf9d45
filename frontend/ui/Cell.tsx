import type { ReactNode } from 'react';
import classes from './Cell.module.css';
import { shown } from './shown';

type ClipProps = {
  children: ReactNode;
  /** The whole of it, where the cell may be too narrow. */
  title?: string | undefined;
  tone?: 'warn' | 'bad' | undefined;
  mono?: boolean;
};

/** A text that ends in … where the cell ends. */
export function Clip({ children, title, tone, mono = false }: ClipProps) {
  return (
    <span
      className={`${classes.clip ?? ''}${mono ? ' mono' : ''}`}
      title={title === undefined ? undefined : shown(title)}
      data-tone={tone}
    >
      {children}
    </span>
  );
}

type NameProps = { children: ReactNode; onClick: () => void; title?: string };

/** What a row is about; opens it. */
export function NameButton({ children, onClick, title }: NameProps) {
  return (
    <button
      type="button"
      className={classes.name}
      onClick={onClick}
      title={title === undefined ? undefined : shown(title)}
    >
      {children}
    </button>
  );
}
