import { Button, Menu } from '@mantine/core';
import { useDenial } from '../../parts/actions/useGate';
import { IconBellOff, IconChevronDown } from '@tabler/icons-react';
import type { Alert } from '../../api/types';
import { silence } from '../../parts/actions/alertActions';
import { useTrigger } from '../../parts/actions/useTrigger';
import { ruleOf, subjectName } from '../../parts/alerts/rules';

const times = [
  { minutes: 60, words: '1 hour' },
  { minutes: 480, words: '8 hours' },
  { minutes: 1_440, words: '1 day' },
  { minutes: 10_080, words: '7 days' },
] as const;

type Props = { alert: Alert; reason?: string };

/** For how long, and how much of it, nobody wants to hear. */
export function SilenceMenu({ alert, reason = '' }: Props) {
  const trigger = useTrigger();
  const denial = useDenial(['alert:write:*']);
  const { rule, subject } = alert;
  const name = ruleOf(rule).name.toLowerCase();
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <Button
          leftSection={<IconBellOff size={16} />}
          rightSection={<IconChevronDown size={14} />}
          disabled={denial !== undefined}
          title={denial}
          aria-label={`Silence ${name}, ${subjectName(subject)}`}
        >
          Silence
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>This alert, for</Menu.Label>
        {times.map(({ minutes, words }) => (
          <Menu.Item
            key={minutes}
            onClick={() => {
              trigger(silence({ rule, subject, minutes, reason }));
            }}
          >
            {words}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          onClick={() => {
            trigger(silence({ rule: '', subject, minutes: 60, reason }));
          }}
        >
          All about {subjectName(subject)}, 1 hour
        </Menu.Item>
        <Menu.Item
          onClick={() => {
            trigger(silence({ rule, subject: '', minutes: 60, reason }));
          }}
        >
          “{ruleOf(rule).name}” everywhere, 1 hour
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
