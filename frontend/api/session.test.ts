import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failure, json, on } from '../testing/fakeApi';
import { callTool } from './callTool';
import { createProvider, getProvider } from './providers';
import { checkSession, leave } from './session';

const left = vi.fn();

beforeEach(() => {
  left.mockReset();
  vi.spyOn(leave, 'to').mockImplementation(left);
});

afterEach(() => {
  document.getElementById('boot')?.remove();
  document.cookie = 'hangar_csrf_abc=; max-age=0';
});

function boot() {
  const script = document.createElement('script');
  script.id = 'boot';
  script.type = 'application/json';
  script.textContent = JSON.stringify({ csrf_cookie: 'hangar_csrf_abc' });
  document.head.append(script);
  document.cookie = 'hangar_csrf_other=no';
  document.cookie = 'hangar_csrf_abc=token=1';
}

/** The header that the last request carried. */
function watched(): () => string | null | undefined {
  let seen: string | null | undefined;
  const real = globalThis.fetch;
  vi.stubGlobal('fetch', (request: Request) => {
    seen = request.headers.get('X-CSRF-Token');
    return real(request);
  });
  return () => seen;
}

describe('a session', () => {
  it('that is over leads to where one signs in, and back', async () => {
    on('GET /api/providers/x', () => failure(401, 'AuthenticationError', 'sign in first'));
    await expect(getProvider('x')).rejects.toMatchObject({ status: 401 });
    const url = new URL(left.mock.calls[0]?.[0] as string);
    expect(url.pathname).toBe('/login');
    expect(url.searchParams.get('next')).toBe(window.location.pathname);
  });

  it('that holds leads nowhere, whatever else goes wrong', async () => {
    on('GET /api/providers/x', () => failure(403, 'AccessDeniedError', 'not you'));
    await expect(getProvider('x')).rejects.toMatchObject({ status: 403 });
    on('GET /api/auth/whoami', () => Promise.reject(new TypeError('Failed to fetch')));
    await checkSession();
    expect(left).not.toHaveBeenCalled();
  });

  it('proves with a change that it comes from here', async () => {
    boot();
    const header = watched();
    on('POST /api/providers', () => json({ provider_id: 'x', created: true }, 201));
    await createProvider({ provider_id: 'x', mode: 'subprocess' } as never);
    expect(header()).toBe('token=1');
    on('POST /api/providers/x/tools/t/call', () => json({ content: [] }));
    await callTool({ target: { kind: 'provider', id: 'x' }, tool: 't', args: {} });
    expect(header()).toBe('token=1');
    on('GET /api/providers/x', () => failure(404, 'X', 'x'));
    await getProvider('x').catch(() => undefined);
    expect(header()).toBeNull();
  });

  it('says nothing where nobody has to sign in', async () => {
    const header = watched();
    on('POST /api/providers', () => json({ provider_id: 'x', created: true }, 201));
    await createProvider({ provider_id: 'x', mode: 'subprocess' } as never);
    expect(header()).toBeNull();
  });
});
