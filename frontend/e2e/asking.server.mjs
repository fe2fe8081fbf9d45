/**
 * A provider for the Playground: a tool that asks before it goes on, one whose argument has several shapes, and one that
 * answers with an integer beyond what a double holds. It speaks MCP 2025-11-25 on stdio and needs nothing but Node.
 */
import { createInterface } from 'node:readline';

const say = (message) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const text = (words) => ({ content: [{ type: 'text', text: words }] });

const requestedSchema = {
  type: 'object',
  required: ['seat'],
  properties: {
    seat: {
      title: 'Seat',
      oneOf: [
        { const: 'window', title: 'By the window' },
        { const: 'aisle', title: 'On the aisle' },
      ],
    },
    meals: { type: 'integer', title: 'Meals', minimum: 0, maximum: 3, default: 1 },
  },
};

const delivery = {
  title: 'Delivery',
  description: 'How it gets there.',
  oneOf: [
    {
      title: 'By post',
      type: 'object',
      required: ['street'],
      properties: {
        street: { type: 'string', title: 'Street', examples: ['Main Street 1'] },
        express: { type: 'boolean', title: 'Express', default: false },
      },
    },
    {
      title: 'Picked up',
      type: 'object',
      required: ['shop'],
      properties: { shop: { type: 'integer', title: 'Shop', minimum: 1 } },
    },
    { title: 'By mail address', type: 'string', format: 'email' },
  ],
};

const tools = [
  {
    name: 'book',
    title: 'Book a seat',
    description: 'Books a journey, and asks which seat.',
    inputSchema: {
      type: 'object',
      required: ['to'],
      properties: { to: { type: 'string', title: 'Where to', examples: ['Lisbon'] } },
    },
  },
  {
    name: 'order',
    title: 'Order',
    description: 'Gives back what was ordered. The delivery has several shapes.',
    inputSchema: {
      type: 'object',
      required: ['delivery'],
      properties: {
        delivery,
        note: { anyOf: [{ type: 'string' }, { type: 'null' }], title: 'Note', default: 'none' },
      },
    },
    annotations: { readOnlyHint: true },
  },
  {
    name: 'account_with_a_rather_long_name',
    description: 'Tells an account, whose number is larger than 2^53.',
    inputSchema: { type: 'object', properties: {} },
    annotations: { readOnlyHint: true },
  },
];

/** What was asked and is not answered yet, by the id of the question. */
const waiting = new Map();

const calls = {
  book: (id, { to }) => {
    waiting.set(`seat-${id}`, (answer) => {
      const { action, content } = answer.result ?? { action: answer.error?.message ?? 'nothing' };
      const booked = action === 'accept' ? `${content.seat}, ${content.meals} meals` : action;
      say({ id, result: text(`${to}: ${booked}`) });
    });
    const message = `Which seat to ${to}?`;
    say({ id: `seat-${id}`, method: 'elicitation/create', params: { message, requestedSchema } });
  },
  order: (id, given) => {
    say({ id, result: text(JSON.stringify(given)) });
  },
  account_with_a_rather_long_name: (id) => {
    // Written by hand: JSON.stringify has no such integer.
    const account = '{"account":9007199254740993}';
    process.stdout.write(
      `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[],"structuredContent":${account}}}\n`,
    );
  },
};

const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'travel', version: '1' },
  }),
  'tools/list': () => ({ tools }),
  ping: () => ({}),
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line);
  const { id, method, params = {} } = message;
  if (method === undefined) {
    waiting.get(id)?.(message);
    waiting.delete(id);
  } else if (id === undefined) {
    return;
  } else if (method === 'tools/call' && Object.hasOwn(calls, params.name)) {
    calls[params.name](id, params.arguments ?? {});
  } else if (Object.hasOwn(answers, method)) {
    say({ id, result: answers[method](params) });
  } else {
    say({ id, error: { code: -32601, message: `no ${method}` } });
  }
});
