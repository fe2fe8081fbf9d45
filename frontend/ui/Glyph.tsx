import type { Tone } from './tokens';

type Props = { tone: Tone; size?: number };

/** The shape that says the same as the colour, for print, greyscale and forced colours. */
export function Glyph({ tone, size = 12 }: Props) {
  return (
    <svg width={size} height={size} viewBox="0 0 12 12" aria-hidden="true" focusable="false">
      {shapes[tone]}
    </svg>
  );
}

const shapes: Record<Tone, React.ReactNode> = {
  idle: <circle cx="6" cy="6" r="4.25" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  busy: (
    <>
      <circle cx="6" cy="6" r="4.25" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M6 6V1.75A4.25 4.25 0 0 1 10.25 6Z" fill="currentColor" />
    </>
  ),
  good: <circle cx="6" cy="6" r="5" fill="currentColor" />,
  warn: <path d="M6 1 11.5 10.75H.5Z" fill="currentColor" />,
  bad: (
    <path
      d="m2 2 8 8m0-8-8 8"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
    />
  ),
};
