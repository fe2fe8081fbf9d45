import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { whoAmI } from '../api/access';
import { keys } from '../api/keys';
import { globMatches } from './glob';

/**
 * Whether what roles grant, such as `provider:*` or `provider:stop:math*`, holds a permission: of one thing where it names
 * one (`provider:stop:math`), of all where it says `*`, otherwise of some.
 */
export function permits(granted: readonly string[], permission: string): boolean {
  const [resource, action, id] = parts(permission);
  return granted.some((one) => {
    const [itsResource, itsAction, itsId = '*'] = parts(one);
    return (
      (itsResource === '*' || itsResource === resource) &&
      (itsAction === '*' || itsAction === action) &&
      (id === undefined || covers(resource, itsId, id))
    );
  });
}

/** A tool is `provider/tool`; a grant on a provider is one on all its tools (backend/auth/rights.go). */
function covers(resource: string, granted: string, id: string): boolean {
  if (resource !== 'tool' || granted === '*') return globMatches(granted, id);
  const [provider = '', tool = '*'] = split(granted);
  const [wantedProvider = '', wanted = '*'] = split(id);
  return globMatches(provider, wantedProvider) && (tool === '*' || globMatches(tool, wanted));
}

const split = (id: string) => {
  const at = id.indexOf('/');
  return at < 0 ? [id] : [id.slice(0, at), id.slice(at + 1)];
};

/** An id may have colons of its own. */
function parts(permission: string): [string, string, string | undefined] {
  const [resource = '', action = '', ...id] = permission.split(':');
  return [resource, action, id.length === 0 ? undefined : id.join(':')];
}

/** Those of the needs that somebody lacks; none while it is not known who that is: the server has the last word anyway. */
export const lacking = (
  granted: readonly string[] | undefined,
  needs: readonly string[] | undefined,
): string[] => (granted === undefined ? [] : (needs ?? []).filter((one) => !permits(granted, one)));

/** Who looks at this page, and what they may. */
export const useWhoAmI = () =>
  useQuery({
    queryKey: keys.whoAmI,
    queryFn: ({ signal }) => whoAmI(signal),
    staleTime: 5 * 60_000,
  });

/** Undefined until it is known. */
export function useMay(permission: string): boolean | undefined {
  const me = useWhoAmI().data;
  return me ? permits(me.permissions, permission) : undefined;
}

/** Tells what whoever looks lacks for something; stable until that changes. */
export function useLacking(): (needs: readonly string[] | undefined) => string[] {
  const granted = useWhoAmI().data?.permissions;
  return useCallback((needs) => lacking(granted, needs), [granted]);
}
