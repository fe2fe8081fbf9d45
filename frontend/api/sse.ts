export type SseEvent = { name: string; data: string };

/** Reads a Server-Sent Events body (WHATWG HTML, section 9.2) as it arrives; comments and unknown fields are skipped. */
export async function* readSse(response: Response): AsyncGenerator<SseEvent> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      pending += value;
      // A carriage return at the very end may be half of a CRLF: it waits for the next chunk.
      const blocks = pending.replace(/\r\n|\r(?!$)/g, '\n').split('\n\n');
      pending = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = parseBlock(block);
        if (event) yield event;
      }
    }
  } finally {
    // Whoever stops reading early wants no more of it; a stream that already failed cannot be cancelled.
    reader.cancel().catch(() => undefined);
  }
}

function parseBlock(block: string): SseEvent | null {
  let name = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') name = value;
    if (field === 'data') data.push(value);
  }
  return data.length > 0 ? { name, data: data.join('\n') } : null;
}
