import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  type RouterHistory,
} from '@tanstack/react-router';
import type { Boot } from './boot';
import { landing, pages } from './pages';
import { parseSearch, stringifySearch } from './search';
import { NotFound } from './shell/NotFound';
import { Shell } from './shell/Shell';

export function createAppRouter(boot: Boot, history?: RouterHistory) {
  const root = createRootRoute({
    component: () => <Shell version={boot.version} />,
    notFoundComponent: NotFound,
  });
  const home = createRoute({
    getParentRoute: () => root,
    path: '/',
    beforeLoad: () => {
      throw redirect({ to: landing, replace: true });
    },
  });
  const routes = pages.map((page) =>
    createRoute({
      getParentRoute: () => root,
      path: page.path,
      component: lazyRouteComponent(async () => ({ default: await page.load() })),
    }),
  );
  return createRouter({
    routeTree: root.addChildren([home, ...routes]),
    basepath: boot.basePath,
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    scrollRestoration: false,
    ...(history ? { history } : {}),
  });
}

export type AppRouter = ReturnType<typeof createAppRouter>;
