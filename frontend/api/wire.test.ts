import { describe, expect, it, vi } from 'vitest';
import { callsTo, json, on } from '../testing/fakeApi';
import { callOverWire, type Era, type Question, type WireEntry } from './wire';

const route = 'POST /mcp/providers/travel';
type Body = {
  id?: number | string;
  method?: string;
  params: Record<string, unknown>;
  result?: unknown;
  error?: { code: number };
};
const bodies = () => callsTo(route).map((call) => call.body as Body);

const makeCall = (era: Era, onAsk: (question: Question) => Promise<Record<string, unknown>>) => {
  const entries: Omit<WireEntry, 'at'>[] = [];
  const result = callOverWire({
    target: { kind: 'provider', id: 'travel' },
    tool: 'book',
    args: { to: 'Lisbon' },
    mirrors: {},
    era,
    trace: '0af7651916cd43dd8448eb211c80319c',
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onAsk,
    record: (entry) => entries.push(entry),
  });
  return { result, entries };
};

const question = { method: 'elicitation/create', params: { message: 'Which seat?' } };

describe('a tool that asks, in rounds', () => {
  it('gets the answers by the names of its questions, with the state as it came, in a request of a new id', async () => {
    on(route, ({ body }) => {
      const { id, params } = body as Body;
      const first = params.requestState === undefined;
      const result = first
        ? { resultType: 'input_required', inputRequests: { seat: question }, requestState: 's1' }
        : { resultType: 'complete', content: [] };
      return json({ jsonrpc: '2.0', id, result });
    });
    const asked = vi.fn().mockResolvedValue({ action: 'accept', content: { seat: 'aisle' } });
    const { result } = makeCall('modern', asked);
    expect(await result).toMatchObject({ resultType: 'complete' });
    expect(asked).toHaveBeenCalledWith(question, expect.anything());
    expect(bodies().map(({ id }) => id)).toEqual([2, 3]);
    const { params } = bodies()[1]!;
    expect(params).toMatchObject({
      name: 'book',
      arguments: { to: 'Lisbon' },
      inputResponses: { seat: { action: 'accept', content: { seat: 'aisle' } } },
      requestState: 's1',
    });
  });

  it('is not asked in a round for something that was not offered', async () => {
    on(route, ({ body }) =>
      json({
        jsonrpc: '2.0',
        id: (body as Body).id,
        result: {
          resultType: 'input_required',
          inputRequests: { model: { method: 'sampling/createMessage', params: {} } },
        },
      }),
    );
    const asked = vi.fn();
    await expect(makeCall('modern', asked).result).rejects.toMatchObject({ type: 'InputRequired' });
    expect(asked).not.toHaveBeenCalled();
  });

  it('ends when it never has enough', async () => {
    on(route, ({ body }) =>
      json({
        jsonrpc: '2.0',
        id: (body as Body).id,
        result: { resultType: 'input_required', inputRequests: { seat: question } },
      }),
    );
    const asked = vi.fn().mockResolvedValue({ action: 'decline' });
    await expect(makeCall('modern', asked).result).rejects.toThrow('asked 16 times');
    expect(asked).toHaveBeenCalledTimes(16);
  });
});

describe('a tool that asks, in a session', () => {
  it('gets each answer by a request of its own while the call goes on', async () => {
    let send: (message: object) => void = () => undefined;
    on('DELETE /mcp/providers/travel', () => new Response(null, { status: 204 }));
    on(route, ({ body }) => {
      const { id, method, result } = body as Body;
      if (method === 'initialize') return json({ jsonrpc: '2.0', id, result: {} });
      if (method !== 'tools/call') {
        if (result !== undefined && id === 'q1') {
          send({ jsonrpc: '2.0', id: 2, result: { content: [] } });
        }
        return new Response(null, { status: 202 });
      }
      const encoder = new TextEncoder();
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => {
          send = (message) => {
            controller.enqueue(encoder.encode(`data: ${JSON.stringify(message)}\n\n`));
          };
          send({ jsonrpc: '2.0', id: 'q0', method: 'sampling/createMessage', params: {} });
          send({ jsonrpc: '2.0', id: 'q1', ...question });
        },
      });
      return new Response(stream, { headers: { 'Content-Type': 'text/event-stream' } });
    });
    const { result } = makeCall('session', () => Promise.resolve({ action: 'decline' }));
    expect(await result).toMatchObject({ content: [] });
    const replies = bodies().filter(({ method }) => method === undefined);
    expect(replies).toContainEqual({ jsonrpc: '2.0', id: 'q1', result: { action: 'decline' } });
    expect(replies.find(({ id }) => id === 'q0')?.error?.code).toBe(-32601);
    expect(bodies()[0]?.params).toMatchObject({ capabilities: { elicitation: { form: {} } } });
  });
});
