/** What the server's shell hands to the page. */
export type Boot = { basePath: string; version: string; storeId: string };

/** Vite's preload helper and Mantine both read the nonce that the shell puts here. */
export function cspNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}

export function readBoot(): Boot {
  const text = document.getElementById('boot')?.textContent ?? '{}';
  const data = JSON.parse(text) as Partial<Record<'base_path' | 'version' | 'store_id', string>>;
  return {
    basePath: data.base_path ?? '/',
    version: data.version ?? '',
    storeId: data.store_id ?? '',
  };
}
