import { ActionIcon, Button, CloseButton, Popover, TextInput } from '@mantine/core';
import { IconBookmark, IconBookmarkFilled } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useKeys } from '../../hooks/useKeys';
import { useUrlState } from '../../hooks/useUrlState';
import { forgetView, sameView, saveView, useViews, viewOf } from '../../store/views';
import { announce } from '../../ui/LiveRegion';
import classes from './SavedViews.module.css';
import { usePage } from './usePage';
import { shown } from '../../ui/shown';

/** Filter, order, range and columns of the page under a name, to come back to. */
export function SavedViews() {
  const page = usePage();
  return page?.views ? <Views key={page.path} path={page.path} /> : null;
}

function Views({ path }: { path: string }) {
  const [opened, setOpened] = useState(false);
  const [url] = useUrlState();
  const navigate = useNavigate();
  const views = useViews(path);
  const here = viewOf(url);
  const current = views.find(({ search }) => sameView(search, here));
  const toggle = () => {
    setOpened((before) => !before);
  };
  useKeys([{ keys: 'v', label: 'Saved views', group: 'Lists', run: toggle }]);
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-end"
      width={300}
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <ActionIcon
          size={32}
          aria-label={current ? `Saved views: ${shown(current.name)}` : 'Saved views'}
          title="Saved views (v)"
          onClick={toggle}
        >
          {current ? <IconBookmarkFilled size={17} /> : <IconBookmark size={17} stroke={1.6} />}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p={0}>
        {views.length === 0 ? (
          <p className={classes.none}>Filter and sort this page, then give the view a name.</p>
        ) : (
          <ul className={classes.list} aria-label="Saved views">
            {views.map(({ name, search }) => (
              <li key={name} data-current={name === current?.name || undefined}>
                <button
                  type="button"
                  className={classes.view}
                  aria-current={name === current?.name || undefined}
                  onClick={() => {
                    setOpened(false);
                    void navigate({ to: path, search });
                  }}
                >
                  {shown(name)}
                </button>
                <CloseButton
                  size={24}
                  aria-label={`Forget ${shown(name)}`}
                  onClick={() => {
                    forgetView(path, name);
                    announce(`${name} is forgotten`);
                  }}
                />
              </li>
            ))}
          </ul>
        )}
        <Save
          onSave={(name) => {
            saveView(path, { name, search: here });
            setOpened(false);
            announce(`This view is saved as ${name}`);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function Save({ onSave }: { onSave: (name: string) => void }) {
  const [typed, setTyped] = useState('');
  const name = typed.trim();
  return (
    <form
      className={classes.save}
      onSubmit={(event) => {
        event.preventDefault();
        if (name === '') return;
        onSave(name);
        setTyped('');
      }}
    >
      <TextInput
        aria-label="Name of this view"
        placeholder="Name of this view"
        maxLength={60}
        data-autofocus
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
        }}
      />
      <Button type="submit" disabled={name === ''}>
        Save
      </Button>
    </form>
  );
}
