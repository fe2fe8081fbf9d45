/** W3C Trace Context: the record of a call keeps the trace id that came with it, so that whoever made the call finds it. */

const hex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');

export const newTrace = (): string => hex(16);

export const traceparent = (trace: string): string => `00-${trace}-${hex(8)}-01`;
