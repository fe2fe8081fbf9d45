/** What the shell says about this Hangar's cookies; absent in a page that is not its shell. */
function csrfToken(): string | undefined {
  const boot = JSON.parse(document.getElementById('boot')?.textContent ?? '{}') as {
    csrf_cookie?: string;
  };
  if (!boot.csrf_cookie) return undefined;
  return document.cookie
    .split('; ')
    .find((cookie) => cookie.startsWith(`${boot.csrf_cookie}=`))
    ?.slice(boot.csrf_cookie.length + 1);
}

/** How one leaves the page; tests watch it. */
export const leave = {
  to: (url: string) => {
    window.location.assign(url);
  },
  reload: () => {
    window.location.reload();
  },
};

/** To where one signs in, and back here afterwards. */
export function signIn() {
  const login = new URL('login', document.baseURI);
  login.searchParams.set('next', window.location.pathname + window.location.search);
  leave.to(login.toString());
}

/**
 * fetch, for somebody who may have signed in: a change proves that it comes from our own page, and who is signed out goes
 * to sign in.
 */
export async function sessionFetch(input: Request | string, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const token = csrfToken();
  if (token && request.method !== 'GET' && request.method !== 'HEAD') {
    request.headers.set('X-CSRF-Token', token);
  }
  const response = await globalThis.fetch(request);
  if (response.status === 401) signIn();
  return response;
}

/** Ends the session, and leads to where one signs in. */
export async function signOut(): Promise<void> {
  await sessionFetch(new URL('logout', document.baseURI).toString(), { method: 'POST' });
  leave.to(new URL('login', document.baseURI).toString());
}

/** A socket that is refused does not say why: this finds out whether it is for who asks. */
export async function checkSession(): Promise<void> {
  try {
    await sessionFetch(new URL('api/auth/whoami', document.baseURI).toString());
  } catch {
    // no answer at all: it is not the session that is missing
  }
}
