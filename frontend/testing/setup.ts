import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterEach, beforeEach, vi } from 'vitest';
import { forgetActions } from '../parts/actions/store';
import { forgetBulks } from '../store/bulks';
import { installFakeApi, on } from './fakeApi';
import { installFakeSockets } from './fakeSocket';

// happy-dom lays nothing out; virtual lists ask how large they are.
Object.defineProperties(HTMLElement.prototype, {
  clientHeight: { configurable: true, get: () => 600 },
  clientWidth: { configurable: true, get: () => 1_200 },
});

// A menu hides itself when the button it belongs to is out of sight, which a box without size always is.
HTMLElement.prototype.getBoundingClientRect = () => new DOMRect(10, 10, 100, 20);

// Text areas that grow wait for fonts, which happy-dom does not have.
Object.defineProperty(document, 'fonts', { configurable: true, value: new EventTarget() });

// A failed look-up says what it looked for; the whole page in the output hides that.
configure({
  getElementError: (message) => new Error(message ?? 'not found'),
  asyncUtilTimeout: 10_000, // a busy machine is no failure
});

beforeEach(() => {
  installFakeApi();
  installFakeSockets();
  // The shell asks on every page.
  on('GET /api/operations', { operations: [], total: 0 });
});

afterEach(() => {
  cleanup();
  forgetActions();
  forgetBulks();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  localStorage.clear();
});
