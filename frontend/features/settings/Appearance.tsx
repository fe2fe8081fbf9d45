import { Button, SegmentedControl, Switch, useMantineColorScheme } from '@mantine/core';
import { IconDeviceTv } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useNow } from '../../hooks/useNow';
import { setPrefs, usePrefs } from '../../store/prefs';
import { formatDateTime } from '../../ui/format';
import { Setting } from './Setting';
import classes from './SettingsPage.module.css';

const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What a person likes on this device; nothing of it leaves the browser. */
export function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const prefs = usePrefs((all) => all);
  const navigate = useNavigate();
  const now = useNow(1_000);
  const onWall = (kiosk: string) => void navigate({ to: '/', search: { kiosk } });
  return (
    <div className={classes.page}>
      <Setting title="Theme" means="The system’s follows the desktop from light to dark.">
        <SegmentedControl
          aria-label="Theme"
          value={colorScheme}
          data={[
            { value: 'auto', label: 'System' },
            { value: 'light', label: 'Light' },
            { value: 'dark', label: 'Dark' },
          ]}
          onChange={(chosen) => {
            setColorScheme(chosen);
          }}
        />
      </Setting>
      <Setting title="Density" means="Compact tables show a third more rows.">
        <SegmentedControl
          aria-label="Density"
          value={prefs.compact ? 'compact' : 'comfortable'}
          data={[
            { value: 'comfortable', label: 'Comfortable' },
            { value: 'compact', label: 'Compact' },
          ]}
          onChange={(chosen) => {
            setPrefs({ compact: chosen === 'compact' });
          }}
        />
      </Setting>
      <Setting
        title="Time zone"
        means={
          <>
            Now it is <span className="num">{formatDateTime(new Date(now).toISOString())}</span>.
          </>
        }
      >
        <SegmentedControl
          aria-label="Time zone"
          value={prefs.utc ? 'utc' : 'browser'}
          data={[
            { value: 'browser', label: own },
            { value: 'utc', label: own === 'UTC' ? 'UTC, always' : 'UTC' },
          ]}
          onChange={(chosen) => {
            setPrefs({ utc: chosen === 'utc' });
          }}
        />
      </Setting>
      <Setting title="Clock" means="Of dates with their time; log lines always have 24 hours.">
        <SegmentedControl
          aria-label="Clock"
          value={prefs.hour12 ? '12' : '24'}
          data={[
            { value: '24', label: '24 hours' },
            { value: '12', label: '12 hours' },
          ]}
          onChange={(chosen) => {
            setPrefs({ hour12: chosen === '12' });
          }}
        />
      </Setting>
      <Setting
        title="Single keys"
        means="Letters without Ctrl or ⌘ do things. Off, only the palette has a key."
      >
        <Switch
          aria-label="Single keys"
          checked={prefs.singleKeys}
          onChange={(event) => {
            setPrefs({ singleKeys: event.currentTarget.checked });
          }}
        />
      </Setting>
      <Setting
        title="Put aside"
        means={
          prefs.putAside.length === 0
            ? 'Nothing of the attention list is put aside here.'
            : `${prefs.putAside.length} of the attention list wait until they change.`
        }
      >
        <Button
          disabled={prefs.putAside.length === 0}
          onClick={() => {
            setPrefs({ putAside: [] });
          }}
        >
          Take all up again
        </Button>
      </Setting>
      <Setting
        title="On a wall"
        means="Without navigation, larger, read from across the room. Escape leads back."
      >
        <Button
          leftSection={<IconDeviceTv size={16} />}
          onClick={() => {
            onWall('1');
          }}
        >
          Overview
        </Button>
        <Button
          onClick={() => {
            onWall('30');
          }}
        >
          All walls, 30 s each
        </Button>
      </Setting>
    </div>
  );
}
