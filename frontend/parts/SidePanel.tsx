import { ActionIcon } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './SidePanel.module.css';
import { shown } from '../ui/shown';

type PanelProps = {
  label: string;
  title: ReactNode;
  /** Beside the title. */
  end?: ReactNode;
  onClose: () => void;
  children: ReactNode;
};

/** What is selected, beside the list; where there is no room for both, in its place. */
export function SidePanel({ label, title, end, onClose, children }: PanelProps) {
  return (
    <aside className={classes.panel} aria-label={label} tabIndex={0}>
      <div className={classes.head}>
        <h2>{typeof title === 'string' ? shown(title) : title}</h2>
        {end}
        <ActionIcon aria-label="Close" title="Close" onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      {children}
    </aside>
  );
}

type SplitProps = { children: ReactNode; panel: ReactNode };

/** A list and, when something is selected, the panel about it. */
export function WithPanel({ children, panel }: SplitProps) {
  return (
    <div className={classes.body}>
      <div className={classes.main}>{children}</div>
      {panel}
    </div>
  );
}
