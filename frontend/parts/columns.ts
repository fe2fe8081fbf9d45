/** Which columns a list shows: the address has the first word, then what was chosen here, then what is usual. */
export type Choice = { key: string; label: string; usual: boolean };

export function chosenColumns(
  choices: readonly Choice[],
  address: string | undefined,
  kept: unknown,
): string[] {
  const existing = (keys: readonly unknown[]) =>
    choices.map(({ key }) => key).filter((key) => keys.includes(key));
  if (address !== undefined && address !== '') {
    const named = existing(address.split(','));
    if (named.length > 0 || address === 'none') return named;
  }
  if (Array.isArray(kept)) return existing(kept);
  return choices.filter(({ usual }) => usual).map(({ key }) => key);
}

/** What the address says of a choice: nothing of the usual one. */
export function addressOf(choices: readonly Choice[], chosen: readonly string[]): string {
  const usual = choices.filter((one) => one.usual).map(({ key }) => key);
  if (usual.length === chosen.length && usual.every((key) => chosen.includes(key))) return '';
  return chosen.length === 0 ? 'none' : chosen.join(',');
}
