/** Permissions as a role has them: resource:action, for all or for what a pattern names. */

export type Parts = { resource: string; action: string; id: string };

export function parsePermission(text: string): Parts {
  const [resource = '', action = '', ...rest] = text.split(':');
  return { resource, action, id: rest.length === 0 ? '*' : rest.join(':') };
}

export const permissionOf = ({ resource, action, id }: Parts): string =>
  id === '' || id === '*' ? `${resource}:${action}` : `${resource}:${action}:${id}`;

/** Those that hold for all things: they are boxes to tick. The others are a list. */
export const isForAll = (text: string): boolean => parsePermission(text).id === '*';

/** Whether something wider than this very permission is among them already. */
export function isImplied(held: readonly string[], resource: string, action: string): boolean {
  return held.some((text) => {
    const one = parsePermission(text);
    if (one.id !== '*' || (one.resource === resource && one.action === action)) return false;
    return (
      (one.resource === '*' || one.resource === resource) &&
      (one.action === '*' || one.action === action)
    );
  });
}

export const toggled = (held: readonly string[], text: string): string[] =>
  held.includes(text) ? held.filter((one) => one !== text) : [...held, text];

/** What is wrong with the name of a new role, before the server is asked. */
export function nameProblem(
  name: string,
  reserved: readonly string[],
  taken: readonly string[],
): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name))
    return 'Letters, digits, _ and -, at most 64, beginning with a letter or a digit';
  if (reserved.includes(name.toLowerCase())) return `${name} is reserved: choose another name`;
  if (taken.includes(name)) return `There is a role ${name} already`;
  return undefined;
}
