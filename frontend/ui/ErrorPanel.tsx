import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { Glyph } from './Glyph';
import classes from './Panel.module.css';
import { shown } from './shown';

type Props = {
  title: string;
  message: string;
  /** Stable name, to search for. */
  code: string;
  requestId?: string | undefined;
  onRetry?: (() => void) | undefined;
  onDismiss?: (() => void) | undefined;
  /** One line high where the page goes on around it. */
  inline?: boolean;
  children?: ReactNode;
};

/** What went wrong, under which name it can be found in the logs, and the way on. */
export function ErrorPanel(props: Props) {
  return (
    <section className={classes.error} role="alert" data-inline={props.inline || undefined}>
      <div className={classes.heading}>
        <span className={classes.badMark}>
          <Glyph tone="bad" />
        </span>
        <h2>{props.title}</h2>
      </div>
      <p className={classes.text}>{shown(props.message)}</p>
      {props.children}
      <div className={classes.foot}>
        <code className="mono">{props.code}</code>
        {props.requestId === undefined ? null : (
          <span>
            request <code className="mono">{props.requestId}</code>
          </span>
        )}
        <span className={classes.actions}>
          {props.onDismiss ? <Button onClick={props.onDismiss}>Dismiss</Button> : null}
          {props.onRetry ? <Button onClick={props.onRetry}>Retry</Button> : null}
        </span>
      </div>
    </section>
  );
}
