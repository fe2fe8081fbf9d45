import createClient from 'openapi-fetch';
import { errorFrom, toApiError } from './errors';
import { sessionFetch } from './session';
import type { paths } from './schema.gen';

/** An absolute URL under the page's base, so that the dashboard works below any prefix. */
export const urlOf = (path: string): string => new URL(path, document.baseURI).toString();

/** Made on first use: document.baseURI is only right once the shell's <base> has been parsed. */
let made: ReturnType<typeof createClient<paths>> | undefined;

export function api() {
  made ??= createClient<paths>({
    baseUrl: urlOf('.').replace(/\/$/, ''),
    fetch: sessionFetch,
  });
  return made;
}

type Outcome<T> = { data?: T; error?: unknown; response: Response };

/** Resolves to the body of a success and throws ApiError for everything else. */
export async function must<T>(call: Promise<Outcome<T>>): Promise<T> {
  let outcome: Outcome<T>;
  try {
    outcome = await call;
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown;
    throw toApiError(thrown);
  }
  if (outcome.error !== undefined || !outcome.response.ok || outcome.data === undefined) {
    const { status, headers } = outcome.response;
    throw errorFrom(status, outcome.error, headers.get('x-request-id'));
  }
  return outcome.data;
}
