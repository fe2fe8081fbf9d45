import { describe, expect, it } from 'vitest';
import { event, provider, snapshot, stateChange } from '../testing/factories';
import { fleetFrom, reduce, refreshed, type Fleet } from './reduce';

const start = (): Fleet => fleetFrom(snapshot(10, provider.cold('math'), provider.ready('files')));
const of = (fleet: Fleet, id: string) => fleet.providers[id];

describe('reduce', () => {
  it('moves a state, reading the upper case of the frames', () => {
    const after = reduce(start(), stateChange(11, 'math', 'COLD', 'INITIALIZING'));
    expect(of(after, 'math')).toMatchObject({ state: 'initializing', alive: true });
    expect(of(after, 'files')).toBe(of(after, 'files'));
  });

  it('gives the same object for what has been seen', () => {
    const fleet = reduce(start(), stateChange(11, 'math', 'COLD', 'READY'));
    expect(reduce(fleet, stateChange(11, 'math', 'COLD', 'READY'))).toBe(fleet);
    expect(reduce(fleet, stateChange(9, 'math', 'READY', 'DEAD'))).toBe(fleet);
    expect(reduce(fleet, event(10, 'ToolInvocationCompleted', 'files'))).toBe(fleet);
  });

  it('does not mind in which order the two sockets deliver', () => {
    const ahead = reduce(start(), stateChange(15, 'math', 'COLD', 'READY'));
    const after = reduce(ahead, event(12, 'ToolInvocationCompleted', 'files'));
    expect(of(after, 'math')?.state).toBe('ready');
    expect(of(after, 'files')?.calls_total).toBe(1);
    expect(reduce(after, stateChange(13, 'math', 'COLD', 'DEAD'))).toBe(after);
  });

  it('counts calls and failures', () => {
    const one = reduce(start(), event(11, 'ToolInvocationCompleted', 'files'));
    const two = reduce(one, event(12, 'ToolInvocationFailed', 'files'));
    expect(of(two, 'files')).toMatchObject({
      calls_total: 2,
      calls_failed: 1,
      last_call_at: '2026-11-20T10:15:30.123456Z',
    });
  });

  it('adds a registered provider, asks for the rest of it, and removes it again', () => {
    const added = reduce(
      start(),
      event(11, 'ProviderRegistered', 'new', { mode: 'remote', source: 'api' }),
    );
    expect(of(added, 'new')).toMatchObject({ state: 'cold', mode: 'remote', source: 'api' });
    expect(added.stale.has('new')).toBe(true);
    const gone = reduce(added, event(12, 'ProviderDeregistered', 'new'));
    expect(of(gone, 'new')).toBeUndefined();
    expect(gone.stale.has('new')).toBe(false);
  });

  it('ignores an old state of a provider that was removed and registered again', () => {
    const again = [
      event(11, 'ProviderDeregistered', 'math'),
      event(12, 'ProviderRegistered', 'math', { mode: 'subprocess' }),
    ].reduce(reduce, start());
    expect(reduce(again, stateChange(11, 'math', 'COLD', 'DEAD'))).toBe(again);
  });

  it('passes over events that it does not know, and remembers their position', () => {
    expect(reduce(start(), event(11, 'SomethingNew', 'math')).position).toBe(11);
  });

  it('passes over a state that it does not know', () => {
    const fleet = start();
    expect(reduce(fleet, stateChange(11, 'math', 'COLD', 'QUARANTINED'))).toBe(fleet);
  });
});

describe('refreshed', () => {
  it('brings the health sentence of the new state', () => {
    const moved = reduce(start(), stateChange(11, 'math', 'COLD', 'READY'));
    expect(moved.stale.has('math')).toBe(true);
    const after = refreshed(moved, provider.ready('math'), 12);
    expect(of(after, 'math')?.status.summary).toBe('Running with 2 tools');
    expect(after.stale.has('math')).toBe(false);
  });

  it('does not believe an answer that is older than a state seen since', () => {
    const moved = reduce(start(), stateChange(15, 'math', 'COLD', 'READY'));
    const after = refreshed(moved, provider.cold('math'), 12);
    expect(of(after, 'math')?.state).toBe('ready');
    expect(after.stale.has('math')).toBe(false); // or it would be asked for ever
  });

  it('never counts calls backwards', () => {
    const called = reduce(start(), event(11, 'ToolInvocationCompleted', 'files'));
    expect(of(refreshed(called, provider.ready('files'), 10), 'files')?.calls_total).toBe(1);
  });
});
