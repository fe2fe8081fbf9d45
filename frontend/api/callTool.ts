import { errorFrom, toApiError } from './errors';
import { readExact } from './exact';
import { readSse } from './sse';
import { traceparent } from './trace';
import type { CallProgress, CallResult } from './types';
import { bodyOf, recordedFetch, type Recorder } from './wire';

/** Whom a call goes to: a provider, or a group that picks one. */
export type Target = { kind: 'provider' | 'group'; id: string };

/** Below the page's base. */
export const callPath = (target: Target, tool: string): string =>
  `api/${target.kind}s/${encodeURIComponent(target.id)}/tools/${encodeURIComponent(tool)}/call`;

type Call = {
  target: Target;
  tool: string;
  args: Record<string, unknown>;
  timeoutMs?: number | undefined;
  trace?: string | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: CallProgress) => void) | undefined;
  record?: Recorder | undefined;
};

/**
 * Calls a tool through the event-stream form of the endpoint, so that progress arrives while it runs. Aborting the
 * signal cancels the call on the provider too. A server or proxy that answers plain JSON is understood as well.
 */
export async function callTool(call: Call): Promise<CallResult> {
  let response: Response;
  try {
    response = await recordedFetch(
      {
        method: 'POST',
        path: callPath(call.target, call.tool),
        headers: {
          Accept: 'text/event-stream',
          'Content-Type': 'application/json',
          ...(call.trace === undefined ? {} : { traceparent: traceparent(call.trace) }),
        },
        body: {
          arguments: call.args,
          ...(call.timeoutMs === undefined ? {} : { timeout_ms: call.timeoutMs }),
        },
        signal: call.signal,
      },
      call.record,
    );
  } catch (thrown) {
    if (call.signal?.aborted) throw thrown;
    throw toApiError(thrown);
  }
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  if (!response.ok || !isStream) {
    const body = await bodyOf(response);
    call.record?.({ way: 'received', title: 'answer', body });
    if (!response.ok) throw errorFrom(response.status, body, response.headers.get('x-request-id'));
    return body as CallResult;
  }
  for await (const event of readSse(response)) {
    const data = readExact(event.data);
    call.record?.({ way: 'received', title: `event: ${event.name}`, body: data });
    if (event.name === 'progress') call.onProgress?.(JSON.parse(event.data) as CallProgress);
    if (event.name === 'result') return data as CallResult;
    if (event.name === 'error') {
      const status = (data as { status_code?: number }).status_code ?? 500;
      throw errorFrom(status, data);
    }
  }
  throw toApiError(new Error('the connection ended before the result came'));
}
