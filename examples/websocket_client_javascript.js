'use strict';
// Follows operations over Hangar's operations socket. The first half is the client, which needs no page; the second one is
// the page.

/** Close codes after which trying again does not help (/docs/ws); all others mean: come back. */
const DO_NOT_COME_BACK = new Set([1000, 1008, 1009, 4401, 4403, 4404]);

class MCPWebSocketClient {
  constructor(url) {
    this.url = url;
    this.ws = null;
    this.listeners = {};
    this.reconnect = true;
    this.position = 0; // of the last event seen: a new connection goes on after it
    this.wait = 1000; // ms before the next try; doubles to 30 s
    this.timer = 0;
  }

  /** Resolves when the connection is open for the first time; after that it is kept. */
  connect() {
    clearTimeout(this.timer);
    const url = new URL(this.url);
    if (this.position > 0) url.searchParams.set('since', String(this.position));
    const ws = new WebSocket(url);
    this.ws = ws;
    this.emit('state', { state: 'waiting', text: 'Connecting' });
    return new Promise((resolve, reject) => {
      ws.onopen = () => {
        this.wait = 1000;
        this.emit('state', { state: 'open', text: 'Connected' });
        resolve();
      };
      ws.onmessage = (message) => this.handleEvent(JSON.parse(message.data));
      ws.onclose = (event) => {
        reject(new Error(`cannot connect to ${this.url}`));
        if (this.ws === ws) this.lost(event);
      };
    });
  }

  lost(event) {
    this.ws = null;
    const why = [event.code, event.reason].filter(Boolean).join(' ');
    if (!this.reconnect || DO_NOT_COME_BACK.has(event.code)) {
      this.emit('state', { state: 'closed', text: `Not connected (${why})` });
      return;
    }
    const pause = this.wait * (0.5 + Math.random() / 2); // not all clients at the same moment
    this.wait = Math.min(this.wait * 2, 30_000);
    this.emit('state', { state: 'waiting', text: `Connection lost (${why}); trying again in ${Math.ceil(pause / 1000)} s` });
    this.timer = setTimeout(() => this.connect().catch(() => undefined), pause);
  }

  disconnect() {
    clearTimeout(this.timer);
    const ws = this.ws;
    this.ws = null;
    ws?.close(1000);
    this.emit('state', { state: 'closed', text: 'Not connected' });
  }

  get open() {
    return this.ws?.readyState === WebSocket.OPEN;
  }

  send(command, fields = {}) {
    if (this.open) this.ws.send(JSON.stringify({ command, ...fields }));
  }

  subscribe(operationId) {
    this.send('subscribe', { operation_id: operationId });
  }

  unsubscribe(operationId) {
    this.send('unsubscribe', { operation_id: operationId });
  }

  on(eventType, callback) {
    (this.listeners[eventType] ??= []).push(callback);
  }

  emit(eventType, data) {
    for (const callback of this.listeners[eventType] ?? []) callback(data);
  }

  handleEvent(frame) {
    if (frame.operation_id && frame.position) this.position = frame.position;
    this.emit(frame.event_type, frame);
    this.emit('*', frame);
  }
}

// ---- the page

const $ = (id) => document.getElementById(id);
const EVENTS = ['progress', 'status', 'log', 'result', 'completed', 'error'];
const ENDED = ['completed', 'error', 'cancelled'];
const MAX_OPERATIONS = 200; // on the page; the oldest go first
const MAX_LINES = 500;

const operations = new Map(); // id -> { type, status, progress, message }
const wanted = new Set(); // subscribed ids; none means all
let lines = [];
let received = 0;
let client = null;
let drawing = false;
let dirty = new Set(); // ids of operations to draw
let logDirty = false;

/** Where Hangar serves this page its own socket is beside it; from a file it is the guide's default. */
function defaultURL() {
  const asked = new URLSearchParams(location.search).get('url');
  if (asked) return asked;
  if (!location.protocol.startsWith('http')) return 'ws://localhost:8765';
  const url = new URL('../api/ws/operations', location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

function start(url) {
  client?.disconnect();
  client = new MCPWebSocketClient(url);
  client.reconnect = $('again').checked;
  client.on('state', showState);
  client.on('*', take);
  say('');
  try {
    client.connect().catch((error) => say(`${error.message}. Is Hangar running there, and does it allow this page's origin?`));
  } catch (error) {
    say(error.message); // no address at all
  }
}

function say(problem) {
  $('problem').textContent = problem;
}

function showState({ state, text }) {
  $('state').dataset.state = state;
  $('state').textContent = text;
  const open = state === 'open';
  for (const id of ['subscribe', 'unsubscribe', 'monitor']) $(id).disabled = !open;
  $('connect').disabled = state !== 'closed';
  $('disconnect').disabled = state === 'closed';
  if (!open) return;
  say('');
  showFollowing();
  // A new connection has no subscriptions; it receives all operations, but only until its first command.
  if (wanted.size === 0) client.send('monitor');
  for (const id of wanted) client.subscribe(id);
  client.send('get_operations');
  client.send('get_stats');
}

/** Every frame of the server. */
function take(frame) {
  if (frame.stats) showStats(frame.stats);
  if (frame.operations) for (const operation of frame.operations) learn(operation);
  if (frame.operation) learn(frame.operation);
  if (typeof frame.error === 'string') say(frame.error);
  if (frame.event_type === 'connected' || frame.event_type === 'warning') write(frame);
  if (!EVENTS.includes(frame.event_type) || !frame.position) return;
  received += 1;
  follow(frame);
  write(frame);
}

/** An operation as the server describes it. */
function learn(o) {
  change(o.operation_id, { type: o.operation_type, status: o.status, progress: o.progress ?? 0, message: o.message ?? '' });
}

function follow({ event_type: kind, operation_id: id, data }) {
  if (!operations.has(id)) client.send('get_operation', { operation_id: id }); // for its type
  switch (kind) {
    case 'progress':
      return change(id, { progress: data.progress, message: data.message });
    case 'status':
      return change(id, { status: data.status, message: data.message });
    case 'log':
      return change(id, { message: data.message });
    case 'completed':
      return change(id, { status: data.status, progress: 1, message: `done in ${data.duration.toFixed(2)} s` });
    case 'error':
      return change(id, { status: data.error_type === 'CancelledError' ? 'cancelled' : 'error', message: data.error });
    default:
      return change(id, {});
  }
}

function change(id, fields) {
  const before = operations.get(id) ?? { type: '', status: 'running', progress: 0, message: '' };
  operations.set(id, { ...before, ...fields });
  for (const oldest of operations.keys()) {
    if (operations.size <= MAX_OPERATIONS) break;
    remove(oldest);
  }
  dirty.add(id);
  draw();
}

function remove(id) {
  operations.delete(id);
  rowOf(id)?.remove();
}

function write(frame) {
  lines.push(frame);
  if (lines.length > MAX_LINES) lines = lines.slice(-MAX_LINES);
  logDirty = true;
  draw();
}

/** Many events, one drawing per frame of the screen. */
function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    for (const id of dirty) if (operations.has(id)) drawOperation(id, operations.get(id));
    dirty = new Set();
    $('none').hidden = operations.size > 0;
    $('received').textContent = received.toLocaleString();
    if (logDirty && $('pause').getAttribute('aria-pressed') !== 'true') drawLog();
  });
}

const rowOf = (id) => $('operations').querySelector(`[data-id="${CSS.escape(id)}"]`);

function drawOperation(id, o) {
  let row = rowOf(id);
  if (!row) {
    row = $('operation-row').content.firstElementChild.cloneNode(true);
    row.dataset.id = id;
    row.querySelector('code').textContent = id;
    row.querySelector('.pick').title = 'Use this id above';
    row.querySelector('.pick').onclick = () => {
      $('operation').value = id;
      $('operation').focus();
    };
    $('operations').prepend(row);
  }
  row.dataset.status = o.status;
  row.querySelector('.kind').textContent = o.type || 'operation';
  row.querySelector('.badge').textContent = o.status;
  row.querySelector('.percent').textContent = `${Math.round(o.progress * 100)} %`;
  row.querySelector('.message').textContent = o.message;
  const bar = row.querySelector('progress');
  bar.value = o.progress;
  bar.setAttribute('aria-label', `${o.type || 'operation'} ${id}`);
}

const TONES = { completed: 'good', result: 'good', error: 'bad', warning: 'warn' };

function drawLog() {
  logDirty = false;
  const box = $('log-box');
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  const only = $('filter').value;
  const shown = lines.filter((frame) => !only || frame.event_type === only);
  $('log').replaceChildren(...shown.map(lineOf));
  if (atEnd) box.scrollTop = box.scrollHeight; // who scrolled up reads
}

function lineOf(frame) {
  const line = document.createElement('li');
  line.dataset.tone = TONES[frame.event_type] ?? '';
  const when = document.createElement('time');
  when.textContent = new Date((frame.timestamp ?? Date.now() / 1000) * 1000).toISOString().slice(11, 23);
  const kind = document.createElement('b');
  kind.textContent = frame.event_type;
  const text = document.createElement('span');
  text.textContent = textOf(frame);
  line.append(when, kind, text);
  return line;
}

function textOf({ event_type: kind, operation_id: id, data }) {
  const which = id && id !== 'system' ? `${id.slice(0, 8)}  ` : '';
  switch (kind) {
    case 'progress':
      return `${which}${Math.round(data.progress * 100)} %  ${data.message ?? ''}`;
    case 'status':
      return `${which}${data.status}  ${data.message ?? ''}`;
    case 'log':
      return `${which}${data.level}: ${data.message}`;
    case 'completed':
      return `${which}${data.status} in ${data.duration.toFixed(2)} s`;
    case 'error':
      return `${which}${data.error} (${data.error_type})`;
    case 'connected':
      return data.message;
    default:
      return which + JSON.stringify(data);
  }
}

function showStats(stats) {
  for (const cell of document.querySelectorAll('[data-stat]')) {
    const value = stats[cell.dataset.stat];
    cell.textContent = typeof value === 'number' ? value.toLocaleString() : '–';
  }
}

function showFollowing() {
  $('following').textContent = wanted.size ? `Following ${[...wanted].join(', ')}.` : 'Following all operations.';
}

$('url').value = defaultURL();
$('connection').onsubmit = (event) => {
  event.preventDefault();
  start($('url').value.trim());
};
$('disconnect').onclick = () => client?.disconnect();
$('again').onchange = () => {
  if (client) client.reconnect = $('again').checked;
};
$('subscription').onsubmit = (event) => {
  event.preventDefault();
  const id = $('operation').value.trim();
  if (!id) return;
  wanted.add(id);
  client.subscribe(id);
  client.send('get_operation', { operation_id: id });
  showFollowing();
};
$('unsubscribe').onclick = () => {
  const id = $('operation').value.trim();
  if (!wanted.delete(id)) return;
  client.unsubscribe(id);
  if (wanted.size === 0) client.send('monitor');
  showFollowing();
};
$('monitor').onclick = () => {
  wanted.clear();
  client.send('monitor');
  showFollowing();
};
$('forget').onclick = () => {
  for (const [id, o] of operations) if (ENDED.includes(o.status)) remove(id);
  draw();
};
$('filter').onchange = drawLog;
$('pause').onclick = () => {
  const paused = $('pause').getAttribute('aria-pressed') === 'true';
  $('pause').setAttribute('aria-pressed', String(!paused));
  if (paused) drawLog();
};
$('clear').onclick = () => {
  lines = [];
  drawLog();
};
setInterval(() => client?.send('get_stats'), 5000);
start($('url').value);
