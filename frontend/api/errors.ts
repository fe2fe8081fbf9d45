/** Every way in which a request can fail, in the shape of the contract's error body. */
export class ApiError extends Error {
  /** Stable name from the contract, e.g. ProviderNotFoundError; NetworkError when no answer came at all. */
  readonly type: string;
  readonly status: number;
  readonly details: Record<string, unknown>;
  readonly requestId: string | undefined;

  constructor(init: {
    type: string;
    message: string;
    status: number;
    details?: Record<string, unknown> | undefined;
    requestId?: string | undefined;
  }) {
    super(init.message);
    this.name = 'ApiError';
    this.type = init.type;
    this.status = init.status;
    this.details = init.details ?? {};
    this.requestId = init.requestId;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Reads an error body. A body that is not ours (a proxy's HTML page) still gives a usable error. */
export function errorFrom(status: number, body: unknown, requestId?: string | null): ApiError {
  const fields = isRecord(body) ? body : {};
  return new ApiError({
    type: text(fields.error) ?? (status > 0 ? `HTTP${status}` : 'NetworkError'),
    message: text(fields.message) ?? `The server answered ${status} without saying why.`,
    status,
    details: isRecord(fields.details) ? fields.details : undefined,
    requestId: text(fields.request_id) ?? requestId ?? undefined,
  });
}

/** Whatever was thrown, as an ApiError, so that each page shows failures in one way. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ApiError({
    type: 'NetworkError',
    message: `The server did not answer: ${message}`,
    status: 0,
  });
}

/** Messages of a 422 by field name, without the `body.` that the server puts in front. */
export function fieldErrors(error: ApiError | null): Record<string, string> {
  const listed = error?.status === 422 ? error.details.errors : undefined;
  if (!Array.isArray(listed)) return {};
  const found: Record<string, string> = {};
  for (const entry of listed as unknown[]) {
    if (!isRecord(entry)) continue;
    const field = text(entry.field)?.replace(/^body\./, '');
    if (field) found[field] ??= text(entry.message) ?? 'is not valid';
  }
  return found;
}

/** The last stderr lines that came with a failed start. */
export function stderrOf(error: ApiError): string[] {
  const lines = error.details.stderr;
  return Array.isArray(lines)
    ? lines.filter((line): line is string => typeof line === 'string')
    : [];
}
