import { Link, useRouterState } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useLacking } from '../../hooks/useMay';
import { EmptyState } from '../../ui/EmptyState';
import { pages } from '../pages';
import { useNavPages } from '../usePages';

/** The page, or what it would take to see it: whoever comes by a link is told instead of shown errors. */
export function Permitted({ children }: { children: ReactNode }) {
  const page = useRouterState({
    select: (state) => {
      const match = state.matches.at(-1);
      return pages.find((one) => one.path === match?.fullPath);
    },
  });
  const missing = useLacking()(page?.needs);
  const others = useNavPages();
  if (!page || missing.length === 0) return children;
  return (
    <EmptyState title={`${page.title} is not for you`}>
      It takes the permission {missing.join(' and ')}, which no role of yours gives. Whoever manages
      access can give you one. {others.length > 0 ? 'For you there is ' : null}
      {others.map((other, i) => (
        <span key={other.path}>
          {i === 0 ? '' : ', '}
          <Link to={other.path}>{other.title}</Link>
        </span>
      ))}
      {others.length > 0 ? '.' : null}
    </EmptyState>
  );
}
