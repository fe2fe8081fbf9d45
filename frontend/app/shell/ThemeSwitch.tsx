import { ActionIcon, useMantineColorScheme } from '@mantine/core';
import { IconBrightness, IconMoon, IconSun } from '@tabler/icons-react';

const order = ['auto', 'light', 'dark'] as const;
const words = { auto: 'System', light: 'Light', dark: 'Dark' } as const;
const icons = { auto: IconBrightness, light: IconSun, dark: IconMoon } as const;

/** Goes round system, light, dark. */
export function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const next = order[(order.indexOf(colorScheme) + 1) % order.length] ?? 'auto';
  const Icon = icons[colorScheme];
  const name = `Theme: ${words[colorScheme]}. Switch to ${words[next]}`;
  return (
    <ActionIcon
      aria-label={name}
      title={name}
      onClick={() => {
        setColorScheme(next);
      }}
    >
      <Icon size={18} stroke={1.6} />
    </ActionIcon>
  );
}
