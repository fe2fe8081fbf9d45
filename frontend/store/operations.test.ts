import { waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { callsTo, failure, gate, json, on } from '../testing/fakeApi';
import { operation, operationEvent, operationFrame, operationList } from '../testing/factories';
import { socketOf } from '../testing/fakeSocket';
import { reduceOperation, type OperationFrame, type Operations } from './operationReduce';
import { holdOperations, loadOperations, operationsStore } from './operations';
import { operationTitle, standingOf, tookMs } from './operationText';

let release: (() => void) | undefined;
const socket = () => socketOf('ws/operations');
const of = (id: string) => operationsStore.getState().byId[id];

afterEach(() => {
  release?.();
  release = undefined;
});

const reduced = (...frames: object[]) =>
  (frames as OperationFrame[]).reduce<Operations>(reduceOperation, {});

describe('an operation from its frames', () => {
  it('begins, comes along and ends', () => {
    const begun = reduced(operationFrame.begun(1, 'a'));
    expect(begun.a).toMatchObject({ operation_type: 'tool_call', progress: 0, event_count: 1 });
    const on = reduceOperation(
      begun,
      operationFrame.progress(2, 'a', 0.5, 'half') as OperationFrame,
    );
    expect(on.a).toMatchObject({ progress: 0.5, message: 'half' });
    const over = reduceOperation(on, operationFrame.completed(3, 'a') as OperationFrame);
    expect(over.a).toMatchObject({ status: 'completed', progress: 1 });
    expect(reduceOperation(over, operationFrame.progress(4, 'a', 0.1, '') as OperationFrame)).toBe(
      over,
    );
  });

  it('tells a cancellation from a failure', () => {
    const end = (type: string) =>
      reduced(operationFrame.begun(1, 'a'), operationFrame.failed(2, 'a', 'why', type)).a!;
    expect(standingOf(end('CancelledError'))).toBe('cancelled');
    expect(standingOf(end('TimeoutError'))).toBe('error');
    expect(end('TimeoutError').error).toBe('why');
  });

  it('is not made up from the middle', () => {
    expect(reduced(operationFrame.progress(5, 'unknown', 0.5, ''))).toEqual({});
  });

  it('counts a log line and keeps everything else', () => {
    const begun = reduced(operationFrame.begun(1, 'a'));
    const after = reduceOperation(
      begun,
      operationEvent(2, 'log', { level: 'info', message: 'x' }, 0, 'a') as OperationFrame,
    );
    expect(after.a).toEqual({ ...begun.a, event_count: 2 });
  });
});

describe('live operations', () => {
  const hold = () => {
    release = holdOperations();
  };

  it('are the list and then what the socket says', async () => {
    on('GET /api/operations', operationList(operation.running('a')));
    hold();
    await waitFor(() => {
      expect(of('a')?.progress).toBe(0);
    });
    socket()
      .accept()
      .say(operationFrame.progress(12, 'a', 0.75, 'nearly'));
    await waitFor(() => {
      expect(of('a')).toMatchObject({ progress: 0.75, message: 'nearly' });
    });
  });

  it('keep what was said while the list was on its way', async () => {
    const slow = gate();
    on('GET /api/operations', () => slow.answer);
    hold();
    socket()
      .accept()
      .say(operationFrame.progress(12, 'a', 0.5, ''));
    slow.open(json(operationList(operation.running('a'))));
    await waitFor(() => {
      expect(of('a')?.progress).toBe(0.5);
    });
  });

  it('show a new one at once and ask for the rest of it', async () => {
    hold();
    await waitFor(() => {
      expect(operationsStore.getState().load.phase).toBe('ready');
    });
    on('GET /api/operations', operationList(operation.running('new', { started_by: 'user:ada' })));
    socket().accept().say(operationFrame.begun(13, 'new'));
    await waitFor(() => {
      expect(operationsStore.getState().order).toEqual(['new']);
    });
    expect(of('new')?.cancellable).toBe(false);
    await waitFor(() => {
      expect(of('new')).toMatchObject({ cancellable: true, started_by: 'user:ada' });
    });
  });

  it('begin anew when the server cannot go on from where we were', async () => {
    hold();
    await waitFor(() => {
      expect(operationsStore.getState().load.phase).toBe('ready');
    });
    on('GET /api/operations', operationList(operation.completed('b')));
    socket().accept().say({ event_type: 'reset', type: 'reset', head: 3, data: {} });
    await waitFor(() => {
      expect(operationsStore.getState().order).toEqual(['b']);
    });
  });

  it('say when the list fails and recover; later failures leave what is there', async () => {
    on('GET /api/operations', () => failure(503, 'StorageFullError', 'full'));
    hold();
    await waitFor(() => {
      expect(operationsStore.getState().load).toMatchObject({ error: { message: 'full' } });
    });
    on('GET /api/operations', operationList(operation.running('a')));
    await loadOperations(500);
    expect(of('a')).toBeDefined();
    expect(callsTo('GET /api/operations').at(-1)?.query.get('limit')).toBe('500');
    on('GET /api/operations', () => failure(503, 'StorageFullError', 'full'));
    await loadOperations();
    expect(operationsStore.getState().load.phase).toBe('ready');
  });
});

describe('the words for an operation', () => {
  it.each([
    [{ operation_type: 'provider_start', metadata: { provider_id: 'math' } }, 'Start math'],
    [{}, 'Call slow of math'],
    [{ operation_type: 'image_pull', metadata: { image: 'busybox:1' } }, 'Pull busybox:1'],
    [{ operation_type: 'code_generation', metadata: {} }, 'Code generation'],
    [{ operation_type: 'deploy', metadata: { target: 'west' } }, 'Deploy: west'],
    [{ operation_type: 'odd', metadata: null }, 'Odd'],
  ])('name what it is', (change, text) => {
    expect(operationTitle(operation.running('a', change))).toBe(text);
  });

  it('say how long it took, and how long it has been going', () => {
    expect(tookMs(operation.completed('a'), 0)).toBe(2_000);
    expect(tookMs(operation.running('a', { started_at: 100 }), 103_000)).toBe(3_000);
    expect(tookMs(operation.running('a', { started_at: 100 }), 99_000)).toBe(0);
  });
});
