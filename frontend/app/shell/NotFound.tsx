import { Link } from '@tanstack/react-router';
import { EmptyState } from '../../ui/EmptyState';

export function NotFound() {
  return (
    <EmptyState title="There is no such page">
      The address may be from another version. <Link to="/">Go to the overview</Link>
    </EmptyState>
  );
}
