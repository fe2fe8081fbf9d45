import { useQuery } from '@tanstack/react-query';
import { whoAmI } from '../api/access';
import { keys } from '../api/keys';

/** Whether what roles grant, such as `provider:*` or `*:*`, holds a permission. */
export function permits(granted: readonly string[], permission: string): boolean {
  const [resource, action] = permission.split(':');
  return granted.some((one) => {
    const [itsResource, itsAction] = one.split(':');
    return (
      (itsResource === '*' || itsResource === resource) &&
      (itsAction === '*' || itsAction === action)
    );
  });
}

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
