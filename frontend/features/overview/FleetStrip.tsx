import { useNavigate } from '@tanstack/react-router';
import { memo, useId, useMemo, useState } from 'react';
import type { Group } from '../../api/types';
import type { FleetProvider } from '../../store/reduce';
import { stateTone } from '../../store/states';
import { Glyph } from '../../ui/Glyph';
import classes from './FleetStrip.module.css';
import { sectionsOf, sizeOf } from './strip';

type Props = { providers: readonly FleetProvider[]; groups: readonly Group[] };

const steps: Record<string, number> = {
  ArrowRight: 1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
  Home: -Infinity,
  End: Infinity,
};

/** Every provider as a cell, one stop of the Tab key; the arrows walk, Enter opens. */
export function FleetStrip({ providers, groups }: Props) {
  const id = useId();
  const navigate = useNavigate();
  const [at, setAt] = useState(0);
  const sections = useMemo(() => sectionsOf(providers, groups), [providers, groups]);
  const cells = useMemo(() => sections.flatMap((section) => section.cells), [sections]);
  const size = sizeOf(cells.length);
  const current = cells[Math.min(at, cells.length - 1)];
  const open = (provider: string) =>
    void navigate({ to: '/providers/$id', params: { id: provider } });

  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = steps[event.key];
    if (event.key === 'Enter' && current) open(current.provider);
    else if (step !== undefined)
      setAt((before) => Math.max(0, Math.min(cells.length - 1, before + step)));
    else return;
    event.preventDefault();
  };

  return (
    <div
      className={classes.strip}
      data-size={size}
      role="listbox"
      aria-label="All providers by group"
      aria-activedescendant={current ? `${id}${current.provider}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onClick={(event) => {
        const cell = (event.target as Element).closest<HTMLElement>('[data-provider]');
        if (cell?.dataset.provider) open(cell.dataset.provider);
      }}
    >
      {sections.map((section) => (
        <div
          key={section.name}
          className={classes.section}
          role="group"
          aria-label={section.name === '' ? 'In no group' : section.name}
        >
          {sections.length > 1 ? (
            <div className={classes.caption} aria-hidden="true">
              {section.name === '' ? 'in no group' : section.name}
            </div>
          ) : null}
          <div className={classes.cells} role="presentation">
            {section.cells.map((one) => (
              <Cell
                key={one.provider}
                id={`${id}${one.provider}`}
                provider={one}
                size={size}
                current={one === current}
              />
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}

type CellProps = {
  id: string;
  provider: FleetProvider;
  size: ReturnType<typeof sizeOf>;
  current: boolean;
};

const Cell = memo(function Cell({ id, provider, size, current }: CellProps) {
  const tone = stateTone[provider.state];
  return (
    <div
      id={id}
      role="option"
      aria-selected={current}
      aria-label={`${provider.provider}: ${provider.state}`}
      className={classes.cell}
      data-tone={tone}
      data-provider={provider.provider}
      title={`${provider.provider}: ${provider.status.summary || provider.state}`}
    >
      {size === 'dot' ? null : <Glyph tone={tone} size={10} />}
      {size === 'name' ? <span className={classes.name}>{provider.provider}</span> : null}
    </div>
  );
});
