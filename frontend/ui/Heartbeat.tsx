import { memo } from 'react';
import { draw, height, minuteWords, pitch, sentence, type Beat } from './beats';
import { tones } from './tokens';
import classes from './Heartbeat.module.css';

type Props = {
  beats: readonly Beat[];
  /** The beginning of a minute, for people. */
  clock: (index: number) => string;
};

/** An hour at a glance, newest at the right: height is load, colour and shape are the worst state, a notch is a failure. */
export const Heartbeat = memo(
  function Heartbeat({ beats, clock }: Props) {
    const { tones: paths, notches } = draw(beats);
    const width = beats.length * pitch;
    return (
      <svg
        className={classes.strip}
        width={width}
        height={height}
        role="img"
        aria-label={sentence(beats)}
        onPointerMove={(event) => {
          const { left } = event.currentTarget.getBoundingClientRect();
          const index = Math.floor((event.clientX - left) / pitch);
          const beat = beats[index];
          const title = event.currentTarget.querySelector('title');
          if (beat && title) title.textContent = minuteWords(beat, clock(index));
        }}
      >
        <title />
        <rect className={classes.ground} width={width} height={height} />
        <rect className={classes.track} y={height - 1} width={width} height={1} />
        {tones.map((tone) =>
          paths[tone] ? (
            <path key={tone} className={classes.cells} data-tone={tone} d={paths[tone]} />
          ) : null,
        )}
        {notches ? <path className={classes.notches} d={notches} /> : null}
      </svg>
    );
  },
  (before, after) => before.beats === after.beats,
);
