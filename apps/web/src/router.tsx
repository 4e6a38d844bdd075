// Which address shows which page. Pages are loaded when they are first opened. The search of every address is texts by
// name (view/address.ts); what they mean is read where they are used.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  type ErrorComponentProps,
} from '@tanstack/react-router'
import { asProblem } from './api/problem.ts'
import { Shell } from './shell/Shell.tsx'
import { Button } from './ui/Button.tsx'
import { Empty, Failed } from './ui/Message.tsx'
import { parseSearch, printSearch, type Search } from './view/address.ts'

function PageFailed({ error, reset }: ErrorComponentProps) {
  return (
    <Failed failure={asProblem(error)}>
      <Button onClick={reset}>Try again</Button>
    </Failed>
  )
}

const root = createRootRoute({
  component: Shell,
  validateSearch: (search): Search => search as Search,
  notFoundComponent: () => (
    <Empty title="There is no such page">
      <p>The navigation lists the pages there are.</p>
    </Empty>
  ),
})

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: ({ search }) => {
    throw redirect({ to: '/graph', search })
  },
})

const explore = createRoute({
  getParentRoute: () => root,
  path: '/explore',
  component: lazyRouteComponent(() => import('./pages/explore/ExplorePage.tsx'), 'ExplorePage'),
})

const collection = createRoute({
  getParentRoute: () => root,
  path: '/collection',
  component: lazyRouteComponent(() => import('./pages/collection/CollectionPage.tsx'), 'CollectionPage'),
})

const endpoints = createRoute({
  getParentRoute: () => root,
  path: '/endpoints',
  component: lazyRouteComponent(() => import('./pages/objects/EndpointsPage.tsx'), 'EndpointsPage'),
})

const nodes = createRoute({
  getParentRoute: () => root,
  path: '/nodes',
  component: lazyRouteComponent(() => import('./pages/objects/NodesPage.tsx'), 'NodesPage'),
})

const networkSets = createRoute({
  getParentRoute: () => root,
  path: '/network-sets',
  component: lazyRouteComponent(() => import('./pages/objects/NetworkSetsPage.tsx'), 'NetworkSetsPage'),
})

const graph = createRoute({
  getParentRoute: () => root,
  path: '/graph',
  component: lazyRouteComponent(() => import('./pages/graph/GraphPage.tsx'), 'GraphPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([home, graph, explore, endpoints, nodes, networkSets, collection]),
  parseSearch,
  stringifySearch: printSearch,
  defaultErrorComponent: PageFailed,
  defaultPreload: 'intent',
  scrollRestoration: false,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
