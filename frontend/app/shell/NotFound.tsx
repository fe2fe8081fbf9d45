import { Link } from '@tanstack/react-router';
import { EmptyState } from '../../ui/EmptyState';
import { landing } from '../pages';

export function NotFound() {
  return (
    <EmptyState title="There is no such page">
      The address may be from another version. <Link to={landing}>Go to Providers</Link>
    </EmptyState>
  );
}
