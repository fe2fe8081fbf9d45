/** What the hostile provider says, and what the test looks for on the pages. */

/** Each of them sets window.__ran, opens a dialog, or asks for an address elsewhere, if anything takes it for more than text. */
export const charges = [
  '<script>window.__ran=1;alert(1)</script>',
  '<img src=x onerror="window.__ran=1">',
  '<svg onload="window.__ran=1"></svg>',
  '<iframe srcdoc="<script>parent.__ran=1</script>"></iframe>',
  '"><a href="javascript:window.__ran=1">x</a>',
  "{{constructor.constructor('window.__ran=1')()}}",
  '${window.__ran=1}',
  '<style>@import "https://elsewhere.invalid/x.css";</style>',
  '<link rel=prefetch href=https://elsewhere.invalid/y>',
  '<meta http-equiv=refresh content="0;url=https://elsewhere.invalid/z">',
  '</title></textarea></pre><b>bold</b>',
];

/** What makes text look different from what it is: an override, an isolate, a zero width space, a bell, an escape, a NUL. */
const deceit =
  'safe\u202egnp.exe\u202c \u2067rtl\u2069 zero\u200bwidth \u0007bell \u001b[31mred\u001b[0m nul\u0000end';

export const evil = `${charges.join(' ')} ${deceit}`;
export const long = 'x'.repeat(10_000);

const schema = {
  type: 'object',
  title: evil,
  description: evil,
  required: ['<b>key</b>'],
  properties: {
    '<b>key</b>': {
      type: 'string',
      title: evil,
      description: evil,
      default: evil,
      examples: [evil],
    },
    ['k\u202eyek']: { type: 'string', description: long },
    choice: {
      type: 'string',
      enum: [evil, '<script>window.__ran=1</script>', 'a\u202eb'],
      default: evil,
    },
    nested: {
      type: 'object',
      title: evil,
      properties: { '<i>deep</i>': { type: 'array', items: { enum: [evil] } } },
    },
    pattern: {
      type: 'string',
      pattern: '(a+)+$',
      format: 'javascript:window.__ran=1',
      contentMediaType: 'text/html',
    },
  },
};

const icons = [
  'javascript:window.__ran=1',
  'data:text/html,<script>window.__ran=1</script>',
  'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="window.__ran=1"/>',
  'https://elsewhere.invalid/icon.png',
  '//elsewhere.invalid/icon.png',
].map((src) => ({ src, mimeType: 'image/png', sizes: ['48x48'] }));

const tool = (name) => ({
  name,
  title: `${evil} title`,
  description: `${evil} ${long}`,
  icons,
  annotations: { title: evil, readOnlyHint: true },
  inputSchema: schema,
  outputSchema: {
    type: 'object',
    title: evil,
    properties: { '<b>out</b>': { type: 'string', description: evil } },
  },
});

export const markup = '<script>window.__ran=1</script>';
export const override = 'send\u202eliam';
export const lookalike = '\u0440ay'; // the first letter is Cyrillic

export const tools = [
  tool('plain'),
  tool('fail-loudly'),
  tool(markup),
  tool('<img src=x onerror=window.__ran=1>'),
  tool(override),
  tool('zero\u200bwidth'),
  tool('bell\u0007\u001b[31m'),
  tool('pay'),
  tool(lookalike),
  tool("{{constructor.constructor('window.__ran=1')()}}"),
  tool(`../../${'n'.repeat(200)}`),
];
