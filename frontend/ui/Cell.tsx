import type { ReactNode } from 'react';
import classes from './Cell.module.css';
import { shown, shownName } from './shown';

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
      title={title === undefined ? title : shown(title)}
      data-tone={tone}
    >
      {typeof children === 'string' ? shown(children) : children}
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
      title={title === undefined ? title : shown(title)}
    >
      {typeof children === 'string' ? shownName(children) : children}
    </button>
  );
}
