import { useMemo } from 'react';
import classes from './DiffView.module.css';
import { shown } from './shown';

type Props = {
  /** Unified, as diff -u prints it. */
  text: string;
  label: string;
};

type Line = { kind: 'add' | 'remove' | 'hunk' | 'same'; text: string };

/** Lines that came and went: by sign, by bar and by hue, in this order of trust. */
export function DiffView({ text, label }: Props) {
  const lines = useMemo(() => diffLines(text), [text]);
  return (
    <div className={classes.diff} role="group" aria-label={label} tabIndex={0}>
      {lines.map((line, i) => (
        <div key={i} className={classes.line} data-kind={line.kind}>
          <span className={classes.sign}>{signs[line.kind]}</span>
          <span>{shown(line.text)}</span>
        </div>
      ))}
    </div>
  );
}

const signs = { add: '+', remove: '−', hunk: '', same: '' } as const;

export function diffLines(text: string): Line[] {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .filter((line) => !/^(?:---|\+\+\+) /.test(line))
    .map((line) => {
      if (line.startsWith('@@')) return { kind: 'hunk', text: line };
      const kind = line.startsWith('+') ? 'add' : line.startsWith('-') ? 'remove' : 'same';
      return { kind, text: line.slice(1) };
    });
}
