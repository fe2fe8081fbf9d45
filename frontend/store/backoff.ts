const firstMs = 1_000;
const capMs = 30_000;

/** Close codes after which the server does not want us back: policy violation, and no such thing. */
const final = new Set([1008, 4404]);
/** Service restart (RFC 6455 registry): the server is coming back and says so. */
const restarting = 1012;

/**
 * How long to wait before the next attempt, or null for never. 1 s, 2 s, 4 s … 30 s, each shortened by up to half, so that
 * many tabs do not return in step; after a planned restart anywhere within the next 2 s.
 *
 * @param attempts failed connections since the last good one, at least 1
 */
export function retryDelayMs(
  attempts: number,
  closeCode: number | null,
  random: () => number = Math.random,
): number | null {
  if (closeCode !== null && final.has(closeCode)) return null;
  if (closeCode === restarting && attempts <= 1) return random() * 2_000;
  const full = Math.min(capMs, firstMs * 2 ** (Math.max(1, attempts) - 1));
  return full * (1 - random() / 2);
}
