import { urlOf } from './client';
import { errorFrom, toApiError } from './errors';
import { sessionFetch } from './session';

/** A request as data: it can be sent, and it can be shown to a person who would rather send it from a shell. */
export type ApiRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the page's base, without a leading slash; segments are encoded already. */
  path: string;
  body?: object;
};

/** The body of a success; everything else is an ApiError. */
export async function send(request: ApiRequest, signal?: AbortSignal): Promise<unknown> {
  let response: Response;
  try {
    response = await sessionFetch(urlOf(request.path), {
      method: request.method,
      ...(request.body === undefined
        ? {}
        : {
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify(request.body),
          }),
      signal: signal ?? null,
    });
  } catch (thrown) {
    if (signal?.aborted) throw thrown;
    throw toApiError(thrown);
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw errorFrom(response.status, body, response.headers.get('x-request-id'));
  return body;
}

/** The same request for a POSIX shell. */
export function curlOf({ method, path, body }: ApiRequest): string {
  const parts = ['curl', '-sS'];
  if (method !== 'GET') parts.push('-X', method);
  parts.push(quote(urlOf(path)));
  if (body !== undefined) {
    parts.push('-H', quote('Content-Type: application/json'), '-d', quote(JSON.stringify(body)));
  }
  return parts.join(' ');
}

/** One word for a POSIX shell, whatever is in it. */
export const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
