/** Two documents as a unified difference, by lines. */

type Row = { sign: ' ' | '-' | '+'; text: string };

const context = 3;

/** What a pair of lines more would cost: beyond it the middle is shown as replaced as a whole. */
const mostPairs = 4_000_000;

export function unified(before: string, after: string): string {
  return hunks(rows(before.split('\n'), after.split('\n')));
}

function rows(a: readonly string[], b: readonly string[]): Row[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  const most = Math.min(a.length, b.length) - head;
  while (tail < most && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const same = (lines: readonly string[]): Row[] => lines.map((text) => ({ sign: ' ', text }));
  return [
    ...same(a.slice(0, head)),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...same(a.slice(a.length - tail)),
  ];
}

/** By the longest common subsequence. */
function middle(a: readonly string[], b: readonly string[]): Row[] {
  const gone = (lines: readonly string[]): Row[] => lines.map((text) => ({ sign: '-', text }));
  const came = (lines: readonly string[]): Row[] => lines.map((text) => ({ sign: '+', text }));
  if (a.length * b.length > mostPairs) return [...gone(a), ...came(b)];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] =
        a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const out: Row[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      out.push({ sign: ' ', text: a[i] ?? '' });
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      out.push({ sign: '-', text: a[i] ?? '' });
      i += 1;
    } else {
      out.push({ sign: '+', text: b[j] ?? '' });
      j += 1;
    }
  }
  return [...out, ...gone(a.slice(i)), ...came(b.slice(j))];
}

/** The changed lines with some around them; what lies between is left out. */
function hunks(all: readonly Row[]): string {
  const near = all.map(() => false);
  all.forEach((row, i) => {
    if (row.sign === ' ') return;
    for (let k = Math.max(0, i - context); k <= Math.min(all.length - 1, i + context); k += 1)
      near[k] = true;
  });
  const out: string[] = [];
  let a = 1;
  let b = 1;
  all.forEach((row, i) => {
    if (near[i]) {
      if (!near[i - 1]) out.push(`@@ -${String(a)} +${String(b)} @@`);
      out.push(row.sign + row.text);
    }
    if (row.sign !== '+') a += 1;
    if (row.sign !== '-') b += 1;
  });
  return out.join('\n');
}
