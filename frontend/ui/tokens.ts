/**
 * The colours of the dashboard, and the only place that holds them. tokens.test.ts recomputes their contrast, so a small
 * tweak cannot make a state unreadable. Tones are meanings; which fact has which tone is not decided here.
 */
export const tones = ['idle', 'busy', 'good', 'warn', 'bad'] as const;
export type Tone = (typeof tones)[number];

type ToneColours = { graphic: string; text: string };

type Palette = {
  surface: string;
  raised: string;
  text: string;
  text2: string;
  muted: string;
  line: string;
  lineStrong: string;
  accent: string;
  tone: Record<Tone, ToneColours>;
  /** From few to many: one hue, lightness strictly monotone, so that it survives colour blindness and print. */
  heat: readonly string[];
};

export const tokens: Record<'light' | 'dark', Palette> = {
  light: {
    surface: '#ffffff',
    raised: '#f6f7f9',
    text: '#14171c',
    text2: '#4a4f59',
    muted: '#646973',
    line: '#e2e5ea',
    lineStrong: '#8a909b',
    accent: '#3a4bd8',
    tone: {
      idle: { graphic: '#868b95', text: '#646973' },
      busy: { graphic: '#2f86eb', text: '#1560bd' },
      good: { graphic: '#006e5e', text: '#00614f' },
      warn: { graphic: '#c07d00', text: '#855400' },
      bad: { graphic: '#9c1109', text: '#a81208' },
    },
    heat: ['#f1f4f9', '#cfd9ea', '#a3b8d9', '#7493c4', '#4a6daa', '#2b4a86', '#152a57'],
  },
  dark: {
    surface: '#0d1117',
    raised: '#161b22',
    text: '#e6e9ee',
    text2: '#b6bcc6',
    muted: '#969ca6',
    line: '#262d37',
    lineStrong: '#5c6470',
    accent: '#98a6ff',
    tone: {
      idle: { graphic: '#6b7078', text: '#969ca6' },
      busy: { graphic: '#1f7ae0', text: '#6cb0ff' },
      good: { graphic: '#8cefcd', text: '#8cefcd' },
      warn: { graphic: '#f5ac0e', text: '#f5ac0e' },
      bad: { graphic: '#e5281f', text: '#ff7b70' },
    },
    heat: ['#161d2b', '#1f3050', '#2c4a7c', '#4068a8', '#6a8fd0', '#9dbaf0', '#dbe7ff'],
  },
};

/** CSS custom properties of one scheme: `--surface`, `--tone-warn-text`, … */
export function cssVariables(scheme: keyof typeof tokens): Record<string, string> {
  const palette = tokens[scheme];
  const vars: Record<string, string> = {
    '--surface': palette.surface,
    '--raised': palette.raised,
    '--text': palette.text,
    '--text-2': palette.text2,
    '--muted': palette.muted,
    '--line': palette.line,
    '--line-strong': palette.lineStrong,
    '--accent': palette.accent,
  };
  for (const tone of tones) {
    vars[`--tone-${tone}-graphic`] = palette.tone[tone].graphic;
    vars[`--tone-${tone}-text`] = palette.tone[tone].text;
  }
  palette.heat.forEach((colour, i) => {
    vars[`--heat-${i}`] = colour;
  });
  return vars;
}
