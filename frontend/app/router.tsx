import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouterHistory,
} from '@tanstack/react-router';
import type { Boot } from './boot';
import { pages } from './pages';
import { parseSearch, stringifySearch } from './search';
import { NotFound } from './shell/NotFound';
import { Shell } from './shell/Shell';

export function createAppRouter(boot: Boot, history?: RouterHistory) {
  const root = createRootRoute({
    component: () => <Shell version={boot.version} />,
    notFoundComponent: NotFound,
  });
  const routes = pages.map((page) =>
    createRoute({
      getParentRoute: () => root,
      path: page.path,
      component: lazyRouteComponent(async () => ({ default: await page.load() })),
    }),
  );
  return createRouter({
    routeTree: root.addChildren(routes),
    basepath: boot.basePath,
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    scrollRestoration: false,
    ...(history ? { history } : {}),
  });
}

export type AppRouter = ReturnType<typeof createAppRouter>;
