import { ActionFailures } from '../../parts/actions/ActionFailures';
import { Tabbed } from '../../parts/Tabbed';
import { PageHeader } from '../../ui/PageHeader';
import { Appearance } from './Appearance';
import { Keyboard } from './Keyboard';
import { Server } from './Server';
import { You } from './You';

/** How this device shows things, who one is here, and what the server says of itself. */
export function SettingsPage() {
  return (
    <>
      <PageHeader title="Settings" />
      <ActionFailures about="system:" />
      <Tabbed
        about="Settings"
        tabs={[
          { key: 'appearance', title: 'This device', body: () => <Appearance /> },
          { key: 'you', title: 'You', body: () => <You /> },
          { key: 'server', title: 'Server', body: () => <Server /> },
          { key: 'keys', title: 'Keyboard', body: () => <Keyboard /> },
        ]}
      />
    </>
  );
}
