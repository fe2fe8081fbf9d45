import { describe, expect, it } from 'vitest';
import { event } from '../../testing/factories';
import { decadesOf } from '../../ui/timeline/ScatterPlot';
import { breakerStory, lifeLane } from './states';

const at = (second: number) => `2026-11-20T10:00:0${second}.000000Z`;
const change = (second: number, from: string, to: string, reason = '') =>
  event(second, 'ProviderStateChanged', 'math', {
    old_state: from,
    new_state: to,
    reason,
    timestamp: at(second),
  });
const breaker = (second: number, from: string, to: string, more = {}) =>
  event(second, 'CircuitBreakerStateChanged', 'math', {
    old_state: from,
    new_state: to,
    timestamp: at(second),
    ...more,
  });

describe('the states of a provider', () => {
  it('are spans, each ended by the next, with marks for what happened', () => {
    const lane = lifeLane('math', [
      event(1, 'ProviderRegistered', 'math', { timestamp: at(1) }),
      change(2, 'COLD', 'INITIALIZING', 'tool_call'),
      change(3, 'INITIALIZING', 'READY'),
      event(3, 'ProviderStarted', 'math', { timestamp: at(3) }),
      change(5, 'READY', 'QUARANTINED'),
    ]);
    expect(
      lane.spans.map(({ label, note, from, to }) => [label, note, from, to && to - from]),
    ).toEqual([
      ['cold', undefined, Date.parse(at(1)), 1_000],
      ['initializing', 'tool call', Date.parse(at(2)), 1_000],
      ['ready', undefined, Date.parse(at(3)), 2_000],
    ]);
    expect(lane.marks?.map(({ glyph, label }) => `${glyph} ${label}`)).toEqual(['▲ Started']);
  });

  it('go on from the last one', () => {
    expect(lifeLane('math', [change(1, 'COLD', 'DEAD')]).spans.at(-1)?.to).toBeNull();
  });
});

describe('the story of a breaker', () => {
  it('is the provider’s own, newest first', () => {
    const story = breakerStory([
      breaker(1, 'closed', 'open'),
      breaker(2, 'closed', 'open', { group_id: 'pool' }),
      breaker(3, 'open', 'half_open'),
    ]);
    expect(story.map(({ from, to }) => `${from} ${to}`)).toEqual(['open half-open', 'closed open']);
  });
});

describe('a log scale', () => {
  it.each([
    [
      [3, 40, 700],
      [1, 10, 100, 1_000],
    ],
    [[5], [1, 10]],
    [
      [0.2, 0.4],
      [0.1, 1],
    ],
    [[], [1, 10]],
    [
      [10, 10],
      [10, 100],
    ],
  ])('of %j has the decades that hold it', (values, decades) => {
    expect(decadesOf(values).map((one) => Number(one.toPrecision(3)))).toEqual(decades);
  });
});
