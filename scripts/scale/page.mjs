// What the browser itself says about how it feels: Event Timing, long tasks, frames, paints, memory.

/** Runs in the page before anything of ours: keeps what the observers say. */
export function watch() {
  const seen = { interactions: new Map(), long: [], steps: [], lcp: 0, shift: 0, gaps: [] };
  window.__scale = seen;
  const at = (time) => seen.steps.findLast((step) => step.at <= time)?.name ?? 'start';
  const observe = (type, each, more = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true, ...more });
  observe(
    'event',
    (entry) => {
      if (!entry.interactionId) return;
      const known = seen.interactions.get(entry.interactionId);
      if (known && known.ms >= entry.duration) return;
      seen.interactions.set(entry.interactionId, { ms: entry.duration, what: entry.name, step: at(entry.startTime) });
    },
    { durationThreshold: 16 },
  );
  observe('longtask', (entry) => seen.long.push({ ms: entry.duration, step: at(entry.startTime) }));
  observe('largest-contentful-paint', (entry) => {
    seen.lcp = entry.startTime;
    seen.lcpOf = entry.element ? `${entry.element.tagName.toLowerCase()} ${entry.element.className}`.slice(0, 80) : '';
  });
  observe('layout-shift', (entry) => {
    if (!entry.hadRecentInput) seen.shift += entry.value;
  });
  let before = performance.now();
  const frame = (now) => {
    if (now - before > 200) seen.gaps.push({ ms: now - before, step: at(before) });
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

export const step = (page, what) =>
  page.evaluate((name) => window.__scale.steps.push({ name, at: performance.now() }), what);

export const observed = (page) =>
  page.evaluate(() => {
    const { interactions, long, gaps, shift } = window.__scale;
    // What took less than 16 ms is counted by the browser and not listed.
    const count = Math.max(performance.interactionCount ?? 0, interactions.size);
    return { interactions: [...interactions.values()], count, long, gaps, shift };
  });

/** Megabytes that are in use once the garbage is gone. */
export async function heap(cdp) {
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  return usedSize / 1e6;
}

/** The p-th part of what took `count` times, of which only the slow ones are listed. */
export function percentile(interactions, count, p) {
  const sorted = interactions.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = Math.ceil(count * p) - 1 - (count - sorted.length);
  return at < 0 ? 16 : (sorted[at] ?? 0);
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Megabytes a minute, by least squares over the second half: the first still fills what is kept on purpose. */
export function growth(samples) {
  const half = samples.slice(Math.floor(samples.length / 2));
  if (half.length < 3) return null;
  const mean = (of) => half.reduce((sum, one) => sum + of(one), 0) / half.length;
  const t = mean((one) => one.minute);
  const m = mean((one) => one.mb);
  const over = half.reduce((sum, one) => sum + (one.minute - t) * (one.mb - m), 0);
  const under = half.reduce((sum, one) => sum + (one.minute - t) ** 2, 0);
  return under === 0 ? null : over / under;
}
