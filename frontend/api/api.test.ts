import { describe, expect, it } from 'vitest';
import { callsTo, failure, json, on, sse } from '../testing/fakeApi';
import { callTool } from './callTool';
import { ApiError, errorFrom, fieldErrors, stderrOf } from './errors';
import { createProvider, getProvider } from './providers';
import { readSse } from './sse';

const caught = async (promise: Promise<unknown>): Promise<ApiError> => {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown;
    throw thrown;
  }
  throw new Error('it did not fail');
};

describe('the client', () => {
  it('turns an error body into an ApiError', async () => {
    on('GET /api/providers/x', () => failure(404, 'ProviderNotFoundError', 'there is no x'));
    expect(await caught(getProvider('x'))).toMatchObject({
      type: 'ProviderNotFoundError',
      status: 404,
      message: 'there is no x',
      requestId: 'REQ1',
    });
  });

  it("survives a proxy's error page", async () => {
    on('GET /api/providers/x', () => new Response('<h1>Bad gateway</h1>', { status: 502 }));
    expect(await caught(getProvider('x'))).toMatchObject({ type: 'HTTP502', status: 502 });
  });

  it('says when no answer came at all', async () => {
    on('GET /api/providers/x', () => Promise.reject(new TypeError('Failed to fetch')));
    expect(await caught(getProvider('x'))).toMatchObject({ type: 'NetworkError', status: 0 });
  });

  it('encodes ids in paths', async () => {
    on('GET /api/providers/a%2Fb', () => failure(404, 'X', 'x'));
    await caught(getProvider('a/b'));
    expect(callsTo('GET /api/providers/a%2Fb')).toHaveLength(1);
  });

  it('gives the messages of a 422 by field', async () => {
    on('POST /api/providers', () =>
      failure(422, 'ValidationError', 'wrong', {
        errors: [
          { field: 'body.mode', message: 'expected one of' },
          { field: 'body.command[0]', message: 'empty' },
        ],
      }),
    );
    const error = await caught(createProvider({ provider_id: 'x', mode: 'docker' } as never));
    expect(fieldErrors(error)).toEqual({ mode: 'expected one of', 'command[0]': 'empty' });
  });

  it('reads stderr lines only where there are some', () => {
    expect(stderrOf(errorFrom(503, { details: { stderr: ['a', 1, 'b'] } }))).toEqual(['a', 'b']);
    expect(stderrOf(errorFrom(500, null))).toEqual([]);
  });
});

describe('readSse', () => {
  const read = async (...chunks: string[]) => {
    const body = new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
        controller.close();
      },
    });
    const out = [];
    for await (const one of readSse(new Response(body))) out.push(one);
    return out;
  };

  it('joins what the network split, in any line ending', async () => {
    expect(await read('event: a\r', '\ndata: {"x":', '1}\r\n\r\nda', 'ta: two\n\n')).toEqual([
      { name: 'a', data: '{"x":1}' },
      { name: 'message', data: 'two' },
    ]);
  });

  it('skips comments and joins several data lines', async () => {
    expect(await read(': ping\n\ndata: 1\ndata: 2\n\n')).toEqual([
      { name: 'message', data: '1\n2' },
    ]);
  });

  it('drops an event that was never finished', async () => {
    expect(await read('data: 1\n\ndata: half')).toEqual([{ name: 'message', data: '1' }]);
  });
});

describe('callTool', () => {
  const route = 'POST /api/providers/demo/tools/a%2Fb/call';

  it('reports progress and resolves to the result', async () => {
    on(route, (_, signal) => {
      const stream = sse(signal);
      stream.send('progress', { progress: 1, total: 2 });
      stream.send('result', { content: [], duration_ms: 3 });
      return stream.response;
    });
    const seen: unknown[] = [];
    const result = await callTool({
      target: { kind: 'provider', id: 'demo' },
      tool: 'a/b',
      args: { x: 1 },
      timeoutMs: 5_000,
      onProgress: (progress) => seen.push(progress),
    });
    expect(result).toEqual({ content: [], duration_ms: 3 });
    expect(seen).toEqual([{ progress: 1, total: 2 }]);
    expect(callsTo(route)[0]?.body).toEqual({ arguments: { x: 1 }, timeout_ms: 5_000 });
  });

  it('throws the error that the stream ends with', async () => {
    on(route, (_, signal) => {
      const stream = sse(signal);
      stream.send('error', { error: 'TimeoutError', message: 'too slow', status_code: 504 });
      return stream.response;
    });
    expect(
      await caught(callTool({ target: { kind: 'provider', id: 'demo' }, tool: 'a/b', args: {} })),
    ).toMatchObject({
      type: 'TimeoutError',
      status: 504,
    });
  });

  it('says when the stream breaks off', async () => {
    on(route, (_, signal) => {
      const stream = sse(signal);
      stream.end();
      return stream.response;
    });
    expect(
      await caught(callTool({ target: { kind: 'provider', id: 'demo' }, tool: 'a/b', args: {} })),
    ).toMatchObject({
      type: 'NetworkError',
    });
  });

  it('understands a plain JSON answer', async () => {
    on(route, () => json({ content: [], duration_ms: 1 }));
    expect(
      await callTool({ target: { kind: 'provider', id: 'demo' }, tool: 'a/b', args: {} }),
    ).toEqual({
      content: [],
      duration_ms: 1,
    });
  });
});
