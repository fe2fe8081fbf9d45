// Uses the HTML client and the guide's JavaScript as a person does: node page.mjs PAGE OPERATION SOCKET
// Says "ready" when the page is connected; prints one JSON object with what it saw when the operation has ended.
import { chromium } from 'playwright-core';

const [page_, operation, socket] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const problems = [];
const seen = { state: '', guide: [], stats: {}, operation: '', log: [], problems };
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(15_000);
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(page_).origin && !request.url().startsWith('data:')) problems.push(`request to ${request.url()}`);
  });
  await page.goto(page_);
  await page.locator('#state[data-state=open]').waitFor();
  await page.locator(`[data-id="${operation}"]`).waitFor(); // it was there before the page: get_operations tells

  // The guide's class, word for word but for the name, on the second listener.
  await page.evaluate(
    async ({ socket, operation }) => {
      class GuidesClient {
        constructor(url = 'ws://localhost:8765') {
          this.url = url;
          this.ws = null;
          this.listeners = {};
        }

        connect() {
          return new Promise((resolve, reject) => {
            this.ws = new WebSocket(this.url);
            this.ws.onopen = () => {
              console.log('Connected to MCP Hub');
              resolve();
            };
            this.ws.onerror = (error) => {
              reject(error);
            };
            this.ws.onmessage = (event) => {
              const data = JSON.parse(event.data);
              this.handleEvent(data);
            };
          });
        }

        subscribe(operationId) {
          this.ws.send(JSON.stringify({
            command: 'subscribe',
            operation_id: operationId
          }));
        }

        on(eventType, callback) {
          if (!this.listeners[eventType]) {
            this.listeners[eventType] = [];
          }
          this.listeners[eventType].push(callback);
        }

        handleEvent(data) {
          const eventType = data.event_type;
          if (this.listeners[eventType]) {
            this.listeners[eventType].forEach(callback => {
              callback(data);
            });
          }
        }

        disconnect() {
          if (this.ws) {
            this.ws.close();
          }
        }
      }

      window.guide = [];
      const client = new GuidesClient(socket);
      await client.connect();
      client.on('progress', (event) => {
        window.guide.push('Progress: ' + event.data.progress * 100 + '%');
      });
      client.on('completed', () => {
        window.guide.push('Completed!');
      });
      client.subscribe(operation);
    },
    { socket, operation },
  );
  console.log('ready');

  const row = page.locator(`[data-id="${operation}"][data-status=completed]`);
  await row.waitFor();
  await page.waitForFunction(() => window.guide.includes('Completed!'));
  seen.guide = await page.evaluate(() => window.guide);
  seen.operation = (await row.innerText()).replace(/\s+/g, ' ');
  seen.progress = await row.locator('progress').evaluate((bar) => bar.value);
  await page.locator('#log li', { hasText: 'completed' }).first().waitFor();
  seen.log = await page.locator('#log li b').allInnerTexts();

  // Narrowed to one operation, then to nothing: the controls work.
  await page.locator('#operation').fill(operation);
  await page.locator('#subscribe').click();
  await page.locator('#following', { hasText: operation }).waitFor();
  await page.locator('#monitor').click();
  await page.locator('#following', { hasText: 'all operations' }).waitFor();
  await page.locator('#forget').click();
  await page.locator('#none').waitFor({ state: 'visible' });
  seen.state = await page.locator('#state').innerText();
  seen.stats = await page.locator('[data-stat]').allInnerTexts();
  await page.locator('#disconnect').click();
  await page.locator('#state[data-state=closed]').waitFor();
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}
