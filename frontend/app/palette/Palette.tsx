import { Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { memo, useCallback, useDeferredValue, useMemo, useRef, useState } from 'react';
import { listGroups } from '../../api/groups';
import { keys } from '../../api/keys';
import { listTools } from '../../api/tools';
import { useLacking } from '../../hooks/useMay';
import { useReturnFocus } from '../../hooks/useReturnFocus';
import type { Action } from '../../parts/actions/action';
import { useGate } from '../../parts/actions/useGate';
import { useTrigger } from '../../parts/actions/useTrigger';
import { fleetStore, useFleet } from '../../store/fleet';
import { read, write } from '../../store/prefs';
import { useNavPages } from '../usePages';
import { itemsOf, type Item } from './items';
import classes from './Palette.module.css';
import { best } from './rank';

type Props = { own: readonly Action[]; onClose: () => void };

const shown = 40;
const recentPlace = 'hangar-recent';
const recentKept = 8;

/** Goes anywhere and does anything, by typing. */
export function Palette({ own, onClose }: Props) {
  useReturnFocus();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const items = useItems(own);
  const query = useDeferredValue(typed);
  const found = useMemo(() => sections(query, items), [query, items]);
  const drawn = useMemo(
    () =>
      found.map((item, i) => ({
        item,
        section: item.section === found[i - 1]?.section ? '' : item.section,
      })),
    [found],
  );
  const list = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const trigger = useTrigger();
  const current = Math.min(at, found.length - 1);

  const choose = useCallback(
    (item: Item | undefined) => {
      if (!item) return;
      remember(item);
      onClose();
      if (item.go) void navigate(item.go);
      if (item.action) trigger(item.action);
    },
    [onClose, navigate, trigger],
  );
  const move = (to: number) => {
    const next = (to + found.length) % Math.max(1, found.length);
    setAt(next);
    list.current?.querySelector(`[data-at="${next}"]`)?.scrollIntoView({ block: 'nearest' });
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'ArrowDown') move(current + 1);
    else if (event.key === 'ArrowUp') move(current - 1);
    // Enter means what is typed now, also where the list has not caught up yet.
    else if (event.key === 'Enter')
      choose(query === typed ? found[current] : sections(typed, items)[0]);
    else return;
    event.preventDefault();
  };

  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      centered={false}
      yOffset="12vh"
      size={640}
      padding={0}
      title={<span className="visually-hidden">Go to, or do</span>}
      classNames={{ header: classes.header ?? '', body: classes.body ?? '' }}
      attributes={{ content: { 'aria-label': 'Command palette' } }}
    >
      <input
        className={classes.input}
        role="combobox"
        aria-label="Search pages, providers, groups, tools and actions"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-autocomplete="list"
        aria-activedescendant={found.length > 0 ? `palette-${current}` : undefined}
        placeholder="Go to a page, provider or tool, or do something"
        autoComplete="off"
        spellCheck={false}
        data-autofocus
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div ref={list} id="palette-list" role="listbox" aria-label="Found" className={classes.list}>
        {drawn.map(({ item, section }, i) => (
          <Line
            key={item.id}
            item={item}
            section={section}
            at={i}
            selected={i === current}
            onChoose={choose}
            onPoint={setAt}
          />
        ))}
      </div>
      {found.length === 0 ? <p className={classes.none}>Nothing is called like that.</p> : null}
    </Modal>
  );
}

type LineProps = {
  item: Item;
  /** The heading above it, if it begins one. */
  section: string;
  at: number;
  selected: boolean;
  onChoose: (item: Item) => void;
  onPoint: (at: number) => void;
};

/** Memoised: the way through the list touches two lines, not sixty. */
const Line = memo(function Line({ item, section, at, selected, onChoose, onPoint }: LineProps) {
  return (
    <div role="presentation">
      {section === '' ? null : (
        <div className={classes.section} role="presentation">
          {section}
        </div>
      )}
      <div
        id={`palette-${at}`}
        data-at={at}
        role="option"
        aria-selected={selected}
        className={classes.item}
        onClick={() => {
          onChoose(item);
        }}
        onPointerMove={() => {
          onPoint(at);
        }}
      >
        <item.icon size={16} stroke={1.6} />
        <span className={classes.title}>{item.title}</span>
        <span className={classes.note}>{item.note}</span>
      </div>
    </div>
  );
});

function useItems(own: readonly Action[]): Item[] {
  // As they were when it opened: a list that changes under the hand helps nobody, and a large one costs a frame each time.
  const ready = useFleet((state) => state.load.phase === 'ready');
  // eslint-disable-next-line react-hooks/exhaustive-deps -- read once it is there
  const providers = useMemo(() => fleetStore.getState().fleet.providers, [ready]);
  const lacks = useLacking();
  const invokes = lacks(['tool:invoke']).length === 0; // a tool leads to the playground
  const groups = useQuery({
    queryKey: keys.groups,
    queryFn: ({ signal }) => listGroups(signal),
    enabled: lacks(['group:read']).length === 0,
  });
  const tools = useQuery({
    queryKey: keys.fleetTools,
    queryFn: ({ signal }) => listTools(signal),
    enabled: invokes && lacks(['tool:list']).length === 0,
  });
  const pages = useNavPages();
  const gate = useGate();
  return useMemo(
    () =>
      itemsOf({
        providers: Object.values(providers),
        groups: groups.data?.groups ?? [],
        tools: invokes ? (tools.data?.tools ?? []) : [],
        pages,
        gate,
        own,
      }),
    [providers, groups.data, tools.data, invokes, pages, gate, own],
  );
}

/** What fits, kind by kind in the order of the best of each; before anything is typed, what was used last and the pages. */
function sections(typed: string, items: readonly Item[]): Item[] {
  if (typed.trim() === '') {
    const byId = new Map(items.map((item) => [item.id, item]));
    const used = recent().flatMap((id) => byId.get(id) ?? []);
    return [
      ...used.map((item) => ({ ...item, id: `recent:${item.id}`, section: 'Recent' })),
      ...items.filter(({ section, id }) => section === 'Pages' || id.startsWith('shell:')),
    ];
  }
  const found = best(typed, items, shown);
  const order = [...new Set(found.map(({ section }) => section))];
  return order.flatMap((section) => found.filter((item) => item.section === section));
}

function recent(): string[] {
  const kept = read(recentPlace);
  return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string') : [];
}

function remember({ id }: Item) {
  const bare = id.replace(/^recent:/, '');
  const before = recent().filter((one) => one !== bare);
  write(recentPlace, [bare, ...before].slice(0, recentKept));
}
