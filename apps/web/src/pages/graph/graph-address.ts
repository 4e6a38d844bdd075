// The graph's own part of the address, beside what every page shares: how far it is open, what the width of an edge means,
// and which of its twins is shown. Whatever is not understood is left out, and the rest is kept. Pure.
import { defaultView, edgeMeasures, viewLevels, type EdgeMeasure, type View, type ViewLevel } from '@margay/graph'
import { allOf, oneOf, type Search } from '../../view/address.ts'

/** The graph and its twins: the same picture as a drawing, a matrix, a list. */
export const twins = ['graph', 'matrix', 'list'] as const
export type Twin = (typeof twins)[number]

export const tabs = ['all', 'denied', 'dns'] as const
export type Tab = (typeof tabs)[number]

export interface GraphView {
  readonly view: View
  readonly measure: EdgeMeasure
  /** Undefined: the drawing, or on a phone the list. */
  readonly twin: Twin | undefined
  readonly tab: Tab
  /** The vertex or edge whose records the table shows while one of them is selected. */
  readonly within: string | undefined
}

export const defaultGraphView: GraphView = {
  view: defaultView,
  measure: 'bytes',
  twin: undefined,
  tab: 'all',
  within: undefined,
}

const names = {
  level: 'level',
  opened: 'open',
  closed: 'shut',
  infrastructure: 'infra',
  domains: 'names',
  all: 'all',
  measure: 'width',
  twin: 'as',
  tab: 'tab',
  within: 'of',
} as const

const among = <T extends string>(allowed: readonly T[], text: string | undefined): T | undefined =>
  allowed.find((word) => word === text)

const isOn = (value: Search[string]) => oneOf(value) === '1'

export function readGraphView(search: Search): GraphView {
  return {
    view: {
      level: among<ViewLevel>(viewLevels, oneOf(search[names.level])) ?? defaultView.level,
      opened: new Set(allOf(search[names.opened])),
      closed: new Set(allOf(search[names.closed])),
      infrastructure: isOn(search[names.infrastructure]),
      domains: isOn(search[names.domains]),
      all: isOn(search[names.all]),
    },
    measure: among(edgeMeasures, oneOf(search[names.measure])) ?? defaultGraphView.measure,
    twin: among(twins, oneOf(search[names.twin])),
    tab: among(tabs, oneOf(search[names.tab])) ?? defaultGraphView.tab,
    within: oneOf(search[names.within]),
  }
}

const list = (ids: ReadonlySet<string>) => (ids.size > 0 ? [...ids].sort() : undefined)
const unless = (text: string, usual: string) => (text === usual ? undefined : text)

export function writeGraphView({ view, measure, twin, tab, within }: GraphView): Search {
  return {
    [names.level]: unless(view.level, defaultView.level),
    [names.opened]: list(view.opened),
    [names.closed]: list(view.closed),
    [names.infrastructure]: view.infrastructure ? '1' : undefined,
    [names.domains]: view.domains ? '1' : undefined,
    [names.all]: view.all ? '1' : undefined,
    [names.measure]: unless(measure, defaultGraphView.measure),
    [names.twin]: twin,
    [names.tab]: unless(tab, defaultGraphView.tab),
    [names.within]: within,
  }
}
