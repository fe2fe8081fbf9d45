import { describe, expect, it } from 'vitest';
import { contrast } from '../testing/contrast';
import { differenceInSight, type Sight } from '../testing/colourDistance';
import { cssVariables, tokens, tones } from './tokens';

const schemes = ['light', 'dark'] as const;

/** The least contrast of text (WCAG 2.2, 1.4.3) and of graphics and input borders (1.4.11). */
const text = 4.5;
const graphic = 3;

describe.each(schemes)('the %s palette', (scheme) => {
  const palette = tokens[scheme];
  const grounds = [palette.surface, palette.raised];

  it.each(['text', 'text2', 'muted', 'accent'] as const)('%s is readable', (name) => {
    for (const ground of grounds) {
      expect(contrast(palette[name], ground)).toBeGreaterThanOrEqual(text);
    }
  });

  it('draws borders of inputs that can be seen', () => {
    expect(contrast(palette.lineStrong, palette.surface)).toBeGreaterThanOrEqual(graphic);
  });

  it.each(tones)('%s is readable as text and visible as a graphic', (tone) => {
    expect(contrast(palette.tone[tone].text, palette.surface)).toBeGreaterThanOrEqual(text);
    expect(contrast(palette.tone[tone].text, palette.raised)).toBeGreaterThanOrEqual(text);
    expect(contrast(palette.tone[tone].graphic, palette.surface)).toBeGreaterThanOrEqual(graphic);
  });

  it.each<Sight>(['normal', 'protan', 'deutan', 'tritan'])(
    'keeps tones apart in %s sight',
    (sight) => {
      for (const [i, a] of tones.entries()) {
        for (const b of tones.slice(i + 1)) {
          const distance = differenceInSight(
            palette.tone[a].graphic,
            palette.tone[b].graphic,
            sight,
          );
          expect(distance, `${a} and ${b}`).toBeGreaterThanOrEqual(18);
        }
      }
    },
  );

  it('becomes CSS variables', () => {
    expect(cssVariables(scheme)).toMatchObject({
      '--surface': palette.surface,
      '--tone-bad-text': palette.tone.bad.text,
    });
  });
});
