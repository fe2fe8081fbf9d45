import { createMemoryHistory } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { App } from '../app/App';
import { createAppRouter } from '../app/router';

/** The whole dashboard at this address, as a person would open it. */
export function renderApp(path: string) {
  const history = createMemoryHistory({ initialEntries: [path] });
  const router = createAppRouter({ basePath: '/', version: '9.9.9', storeId: 'store-1' }, history);
  const view = render(<App router={router} />);
  return {
    ...view,
    user: userEvent.setup(),
    /** Path and search as the address bar shows them. */
    address: () => history.location.href,
  };
}
