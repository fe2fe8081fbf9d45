import { useNavigate } from '@tanstack/react-router';
import { keepRange } from '../../hooks/range';
import { useKeys } from '../../hooks/useKeys';
import { useNavPages, type NavPage } from '../usePages';

/** The chords that go to pages, for those that there are for who looks. */
export function PageKeys() {
  const pages = useNavPages();
  return <Chords key={pages.map(({ path }) => path).join()} pages={pages} />;
}

function Chords({ pages }: { pages: readonly NavPage[] }) {
  const navigate = useNavigate();
  useKeys(
    pages.map(({ path, title, nav, history }) => ({
      keys: `g ${nav.key}`,
      label: title,
      group: 'Go to',
      run: () => void navigate({ to: path, search: history ? keepRange : {} }),
    })),
  );
  return null;
}
