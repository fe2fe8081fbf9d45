import { vi } from 'vitest';

export type Call = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Headers;
  body: unknown;
};
type Answer = Response | Promise<Response>;
type Handler = (call: Call, signal: AbortSignal) => Answer;

let handlers: Record<string, Handler> = {};
let calls: Call[] = [];

export function installFakeApi() {
  handlers = {};
  calls = [];
  vi.stubGlobal('fetch', async (input: Request | string | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const text = await request.text();
    const call: Call = {
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    calls.push(call);
    const handler = handlers[`${call.method} ${call.path}`];
    if (!handler)
      return failure(404, 'NotFoundError', `the fake has no ${call.method} ${call.path}`);
    return handler(call, init?.signal ?? request.signal);
  });
}

/** Answers `GET /api/providers` and the like; the newest answer for a route counts. */
export function on(route: string, answer: Handler | object) {
  handlers[route] = typeof answer === 'function' ? (answer as Handler) : () => json(answer);
}

export const callsTo = (route: string): Call[] =>
  calls.filter((call) => `${call.method} ${call.path}` === route);

export const json = (body: object, status = 200): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json' },
  });

export const failure = (
  status: number,
  error: string,
  message: string,
  details: object = {},
): Response => json({ error, message, status_code: status, details, request_id: 'REQ1' }, status);

/** A request that stays open until the test lets it go. */
export function gate() {
  let open: (response: Response) => void = () => undefined;
  const answer = new Promise<Response>((resolve) => {
    open = resolve;
  });
  return { answer, open };
}

/** An event stream that the test writes to. Aborting the request breaks it, as a browser would. */
export function sse(signal: AbortSignal) {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start: (one) => {
      controller = one;
    },
  });
  signal.addEventListener('abort', () => {
    controller?.error(new DOMException('aborted', 'AbortError'));
  });
  return {
    response: new Response(stream, { headers: { 'Content-Type': 'text/event-stream' } }),
    send: (event: string, data: object) => {
      controller?.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
    },
    end: () => {
      controller?.close();
    },
  };
}
