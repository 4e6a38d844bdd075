// The pages there are, in the order of the navigation. A page that is not listed here does not exist anywhere.
import type { IconName } from '../ui/Icon.tsx'

export interface Page {
  readonly path: '/graph' | '/explore' | '/endpoints' | '/nodes' | '/network-sets' | '/collection'
  readonly label: string
  /** Where there is room for one word only. */
  readonly short?: string
  /** The key after `g`. */
  readonly letter: string
  readonly icon: IconName
  /** The question it answers, for the palette. */
  readonly question: string
  /** It is reached from a page beside it rather than from the navigation, which has room for few. */
  readonly beside?: Page['path']
}

export const pages: readonly Page[] = [
  {
    path: '/graph',
    label: 'Service Graph',
    short: 'Graph',
    letter: 'g',
    icon: 'graph',
    question: 'who talks to whom, what is refused',
  },
  { path: '/explore', label: 'Explore', letter: 'e', icon: 'explore', question: 'show me the records' },
  {
    path: '/endpoints',
    label: 'Endpoints',
    letter: 'p',
    icon: 'workload',
    question: 'who there is, what policy covers, what was denied',
  },
  { path: '/nodes', label: 'Nodes', letter: 'n', icon: 'host', question: 'what runs where, and who tells of it' },
  {
    path: '/network-sets',
    label: 'Network sets',
    letter: 's',
    icon: 'networkSet',
    question: 'networks and domains that policies select',
    beside: '/endpoints',
  },
  {
    path: '/collection',
    label: 'Collection',
    letter: 'c',
    icon: 'collection',
    question: 'what is recorded, what is missing',
  },
]
