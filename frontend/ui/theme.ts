import {
  Button,
  createTheme,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from '@mantine/core';
import { cssVariables } from './tokens';

/** Mantine wants ten shades of a primary colour; everything visible comes from the variables below instead. */
const ink = Array.from({ length: 10 }, () => '#14171c') as unknown as MantineColorsTuple;

/** The neutrals of the dark scheme, from text (0) over lines (4) to what lies below the surface (9). */
const dark: MantineColorsTuple = [
  '#e6e9ee',
  '#b6bcc6',
  '#969ca6',
  '#5c6470',
  '#262d37',
  '#1f2630',
  '#161b22',
  '#0d1117',
  '#0a0d12',
  '#06080b',
];

const mono =
  "'JetBrains Mono Variable', ui-monospace, 'SF Mono', Menlo, 'DejaVu Sans Mono', monospace";

export const theme = createTheme({
  primaryColor: 'ink',
  colors: { ink, dark },
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif",
  fontFamilyMonospace: mono,
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  defaultRadius: '4px',
  focusRing: 'auto',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: Button.extend({
      defaultProps: { size: 'sm', variant: 'default' },
      vars: (_, props) => {
        const danger = props.color === 'bad';
        if (props.variant === 'filled') {
          const base = danger ? 'var(--tone-bad-text)' : 'var(--text)';
          return {
            root: {
              '--button-height': '32px',
              '--button-bg': base,
              '--button-hover': `color-mix(in srgb, ${base} 86%, var(--surface))`,
              '--button-color': 'var(--surface)',
              '--button-bd': '1px solid transparent',
            },
          };
        }
        return { root: { '--button-height': '32px' } };
      },
    }),
    ActionIcon: { defaultProps: { variant: 'subtle', size: 28, color: 'ink' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm' } },
    NativeSelect: { defaultProps: { size: 'sm' } },
    SegmentedControl: { defaultProps: { size: 'sm' } },
    Modal: { defaultProps: { centered: true, radius: 8, transitionProps: { duration: 100 } } },
    Drawer: { defaultProps: { position: 'right', transitionProps: { duration: 120 } } },
  },
});

/** Mantine's own variables follow ours, so that its widgets sit in the same picture. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: schemeVariables('light'),
  dark: schemeVariables('dark'),
});

/** Given per scheme, because Mantine's own defaults are, with a stronger selector than the general ones. */
function schemeVariables(scheme: 'light' | 'dark'): Record<string, string> {
  return {
    ...cssVariables(scheme),
    '--mantine-color-body': 'var(--surface)',
    '--mantine-color-text': 'var(--text)',
    '--mantine-color-dimmed': 'var(--muted)',
    '--mantine-color-placeholder': 'var(--muted)',
    '--mantine-color-anchor': 'var(--accent)',
    '--mantine-color-error': 'var(--tone-bad-text)',
    '--mantine-color-default': 'var(--surface)',
    '--mantine-color-default-hover': 'var(--raised)',
    '--mantine-color-default-color': 'var(--text)',
    '--mantine-color-default-border': 'var(--line)',
    '--mantine-color-ink-light': 'var(--raised)',
    '--mantine-color-ink-light-hover': 'var(--raised)',
    '--mantine-color-ink-light-color': 'var(--text-2)',
    '--mantine-primary-color-filled': 'var(--accent)',
    '--mantine-primary-color-filled-hover': 'var(--accent)',
  };
}
