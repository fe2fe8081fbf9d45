/** What goes over the wire for a call, kept for whoever wants to see it; and a call as MCP itself, in either era. */
import { urlOf } from './client';
import { ApiError, errorFrom, toApiError } from './errors';
import { readExact } from './exact';
import { Patience } from './patience';
import { sessionFetch } from './session';
import { readSse } from './sse';
import { traceparent } from './trace';
import type { CallProgress, CallResult } from './types';
import type { Target } from './callTool';

export type Era = 'modern' | 'session';

export const versions: Record<Era, string> = { modern: '2026-07-28', session: '2025-11-25' };

export type WireEntry = {
  /** Milliseconds since the call began. */
  at: number;
  way: 'sent' | 'received';
  /** The line above it: `POST /mcp/providers/math`, `200`, `notifications/progress`. */
  title: string;
  headers?: Record<string, string> | undefined;
  body?: unknown;
};

export type Recorder = (entry: Omit<WireEntry, 'at'>) => void;

type Request = {
  method: 'POST' | 'DELETE';
  path: string;
  headers: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal | null | undefined;
};

/** fetch, written down. What the browser adds by itself (cookies, the proof against forgery) is not ours to show. */
export async function recordedFetch(
  request: Request,
  record: Recorder | undefined,
): Promise<Response> {
  const { method, path, headers, body, signal = null } = request;
  const url = urlOf(path);
  record?.({ way: 'sent', title: `${method} ${new URL(url).pathname}`, headers, body });
  const text = body === undefined ? null : JSON.stringify(body);
  const response = await sessionFetch(url, { method, headers, body: text, signal });
  record?.({
    way: 'received',
    title: `${response.status} ${response.statusText}`.trim(),
    headers: Object.fromEntries(response.headers),
  });
  return response;
}

/** A body of JSON with its integers as they came; undefined: it is none. */
export const bodyOf = (response: Response): Promise<unknown> =>
  response
    .text()
    .then(readExact)
    .catch(() => undefined);

type WireCall = {
  target: Target;
  tool: string;
  args: Record<string, unknown>;
  /** Arguments that are headers, too (x-mcp-header), by the header's name. */
  mirrors: Record<string, string>;
  era: Era;
  trace: string;
  /** How long nothing may come; each progress begins it anew. */
  timeoutMs: number;
  signal: AbortSignal;
  onProgress: (progress: CallProgress) => void;
  /** Has a person answer what the tool asks while it runs. */
  onAsk: (question: Question, signal: AbortSignal) => Promise<Answer>;
  record: Recorder;
};

/** A request of a server to its client, such as `elicitation/create`. */
export type Question = { method: string; params: Record<string, unknown> };
/** The result of one. */
export type Answer = Record<string, unknown>;

type Rpc = {
  id?: unknown;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { code: number; message: string; data?: unknown };
};

const client = { name: 'hangar-playground', version: '1' };
/** What a tool may ask: a form and a page to visit. There is no model here to sample from, and no files to root in. */
const capabilities = { elicitation: { form: {}, url: {} } };
const elicit = 'elicitation/create';
const callId = 2;

/** Calls as a client of MCP does. Aborting the signal cancels at the provider too, in the way of the era. */
export async function callOverWire(call: WireCall): Promise<CallResult> {
  const began = performance.now();
  const patience = new Patience(call.timeoutMs);
  const signal = AbortSignal.any([call.signal, patience.signal]);
  try {
    const result =
      call.era === 'modern'
        ? await stateless(call, signal, patience)
        : await inSession(call, signal, patience);
    return { ...result, duration_ms: Math.round(performance.now() - began) };
  } catch (thrown) {
    if (call.signal.aborted) throw thrown;
    if (!patience.signal.aborted) throw toApiError(thrown);
    throw new ApiError({
      type: 'TimeoutError',
      message: `Nothing came for ${call.timeoutMs / 1000} s; the call was cancelled. A longer limit or a tool that tells its progress helps.`,
      status: 0,
    });
  } finally {
    patience.end();
  }
}

/** Where MCP itself is spoken, below the page's base. */
export const doorOf = ({ kind, id }: Target) => `mcp/${kind}s/${encodeURIComponent(id)}`;
const bothForms = {
  Accept: 'application/json, text/event-stream',
  'Content-Type': 'application/json',
};

/** A header value as MCP writes one that is not plain ASCII. */
export const headerValue = (text: string): string => {
  if (/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !text.startsWith('=?base64?'))
    return text;
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  return `=?base64?${btoa(bytes.join(''))}?=`;
};

/** A tool that never has enough must not ask for ever. */
const mostRounds = 16;
/** Before a request is made again that came back without an answer and without a question. */
const shedMs = 1_000;

/** Each round is a request of its own: what the tool wants is answered in the next. */
async function stateless(call: WireCall, signal: AbortSignal, patience: Patience) {
  const mirrored = Object.entries(call.mirrors).map(([name, value]) => [
    `Mcp-Param-${name}`,
    headerValue(value),
  ]);
  const headers = {
    ...bothForms,
    'MCP-Protocol-Version': versions.modern,
    'Mcp-Method': 'tools/call',
    'Mcp-Name': headerValue(call.tool),
    ...(Object.fromEntries(mirrored) as Record<string, string>),
  };
  let more: Record<string, unknown> = {};
  for (let round = 0; round < mostRounds; round += 1) {
    const id = callId + round;
    patience.again();
    const body = request(id, 'tools/call', {
      name: call.tool,
      arguments: call.args,
      ...more,
      _meta: {
        'io.modelcontextprotocol/protocolVersion': versions.modern,
        'io.modelcontextprotocol/clientInfo': client,
        'io.modelcontextprotocol/clientCapabilities': capabilities,
        'io.modelcontextprotocol/logLevel': 'debug',
        progressToken: id,
        traceparent: traceparent(call.trace),
      },
    });
    const response = await recordedFetch(
      { method: 'POST', path: doorOf(call.target), headers, body, signal },
      call.record,
    );
    const result = await answerOf(response, call, id, patience);
    if (result.resultType !== 'input_required') return result;
    more = await patience.during(nextRound(result, call, signal));
  }
  throw new ApiError({
    type: 'InputRequired',
    message: `The tool asked ${mostRounds} times and gave no answer; the protocol below has its questions.`,
    status: 200,
  });
}

/** What the next request says beside the call itself: the answers by the name of each question, and the state as it came. */
async function nextRound(result: Record<string, unknown>, call: WireCall, signal: AbortSignal) {
  const state = 'requestState' in result ? { requestState: result.requestState } : {};
  const questions = Object.entries((result.inputRequests ?? {}) as Record<string, Question>);
  if (questions.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, shedMs));
    return state;
  }
  const strange = questions.find(([, { method }]) => method !== elicit);
  if (strange) {
    throw new ApiError({
      type: 'InputRequired',
      message: `The tool asks for ${strange[1].method}, which the Playground has not said it can do.`,
      status: 200,
    });
  }
  const answers = await Promise.all(
    questions.map(async ([key, question]) => [key, await call.onAsk(question, signal)] as const),
  );
  return { ...state, inputResponses: Object.fromEntries(answers) };
}

async function inSession(call: WireCall, signal: AbortSignal, patience: Patience) {
  const path = doorOf(call.target);
  const post = (
    body: unknown,
    headers: Record<string, string>,
    until: AbortSignal | null = signal,
  ) =>
    recordedFetch(
      { method: 'POST', path, headers: { ...bothForms, ...headers }, body, signal: until },
      call.record,
    );
  const hello = await post(
    request(1, 'initialize', {
      protocolVersion: versions.session,
      capabilities,
      clientInfo: client,
    }),
    {},
  );
  const session = hello.headers.get('mcp-session-id') ?? '';
  const inIt = { 'Mcp-Session-Id': session, 'MCP-Protocol-Version': versions.session };
  const asked = { called: false };
  try {
    await answerOf(hello, call, 1, patience);
    await post({ jsonrpc: '2.0', method: 'notifications/initialized' }, inIt);
    asked.called = true;
    const response = await post(
      request(callId, 'tools/call', {
        name: call.tool,
        arguments: call.args,
        _meta: { progressToken: callId, traceparent: traceparent(call.trace) },
      }),
      inIt,
    );
    return await answerOf(response, call, callId, patience, (question) =>
      answerInSession(question, call, signal, patience, (reply) => post(reply, inIt)),
    );
  } finally {
    // A connection that ends cancels nothing in this era: it is said.
    if (asked.called && signal.aborted) {
      const params = { requestId: callId, reason: 'cancelled by the user' };
      await post({ jsonrpc: '2.0', method: 'notifications/cancelled', params }, inIt, null).catch(
        () => undefined,
      );
    }
    if (session !== '') {
      const end = { method: 'DELETE', path, headers: inIt } as const;
      await recordedFetch(end, call.record).catch(() => undefined);
    }
  }
}

type Asked = Rpc & { id: unknown; method: string };

/** A server of this era asks by a request of its own, and gets its answer by another. */
async function answerInSession(
  asked: Asked,
  call: WireCall,
  signal: AbortSignal,
  patience: Patience,
  post: (reply: object) => Promise<unknown>,
) {
  const reply = (body: object) => post({ jsonrpc: '2.0', id: asked.id, ...body });
  if (asked.method === 'ping') return reply({ result: {} });
  if (asked.method !== elicit) {
    const message = `this client does not know ${asked.method}`;
    return reply({ error: { code: -32601, message } });
  }
  const question = { method: asked.method, params: asked.params ?? {} };
  const result = await patience.during(call.onAsk(question, signal));
  return reply({ result });
}

const request = (id: number, method: string, params: object) => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});

/** Reads until the answer to this request; what comes before it is written down, progress is told, questions are passed on. */
async function answerOf(
  response: Response,
  call: WireCall,
  id: number,
  patience: Patience,
  onAsked?: (asked: Asked) => Promise<unknown>,
) {
  const kind = response.headers.get('content-type') ?? '';
  if (kind.startsWith('text/event-stream')) {
    for await (const event of readSse(response)) {
      if (event.data === '') continue;
      const message = readExact(event.data) as Rpc;
      call.record({ way: 'received', title: message.method ?? 'answer', body: message });
      if (message.method === 'notifications/progress') {
        patience.again();
        // What is counted with is a number, however large.
        call.onProgress((JSON.parse(event.data) as { params: CallProgress }).params);
      }
      // The stream goes on meanwhile: the end of the call ends the question.
      if (isAsked(message)) onAsked?.(message).catch(() => undefined);
      if (message.method === undefined && message.id === id)
        return resultOf(message, response.status);
    }
    throw new Error('the connection ended before the result came');
  }
  const body = (await bodyOf(response)) as Rpc | undefined;
  call.record({ way: 'received', title: 'answer', body });
  if (!body?.result && !body?.error) {
    throw errorFrom(response.status, body, response.headers.get('x-request-id'));
  }
  return resultOf(body, response.status);
}

const isAsked = (message: Rpc): message is Asked =>
  message.method !== undefined && message.id !== undefined;

function resultOf({ result, error }: Rpc, status: number): Record<string, unknown> {
  if (error) {
    const { data } = error;
    const details = typeof data === 'object' ? (data as Record<string, unknown> | null) : null;
    // What Hangar itself refuses has the name that REST gives it.
    const type = typeof details?.type === 'string' ? details.type : `JSON-RPC ${error.code}`;
    throw new ApiError({ type, message: error.message, status, details: details ?? undefined });
  }
  return result ?? {};
}
