// A report to be judged: a series of an agent between two places, what makes it another one, and the question that it puts to
// the policies.
import type { Row, Value } from '@margay/model'
import type { Direction, Evaluation, Flow, FlowEnd } from '@margay/policy'
import { protocolNumber } from '@margay/policy'
import { endOfDrop } from './decide.ts'
import type { Finding } from './finding.ts'
import type { Place } from './places.ts'
import type { Standing } from './standing.ts'

/** What is judged. */
export interface Report {
  /** The series' own dimensions. */
  readonly own: Row
  /** Node whose agent reports. */
  readonly host: string
  readonly source: Place
  readonly dest: Place
  readonly sourceNode: string | undefined
  readonly destNode: string | undefined
}

export const textOf = (value: Value | undefined): string | undefined => (typeof value === 'string' ? value : undefined)

/** A protocol number that nobody uses, for names that are none. */
const noProtocol = 255

function flowTo(destination: FlowEnd, port: Value | undefined, { own, source }: Report): Flow {
  return {
    source: source.end,
    destination,
    protocol: protocolNumber(textOf(own['proto'])) ?? noProtocol,
    ...(typeof port === 'number' && port > 0 && { port }),
  }
}

/** The question; of a service's address one for each end that may have been meant. */
export function flowsOf(report: Report): readonly Flow[] {
  const { own, dest } = report
  if (!dest.among) return [flowTo(dest.end, own['dest_port'], report)]
  return dest.among.each.map(({ end, port }) => flowTo(end, port, report))
}

const word = (value: Value | undefined): string => (typeof value === 'string' ? value : '')

/** Reports with the same question to the policies. */
export function caseKey({ own, source, dest }: Report): string {
  const port = own['dest_port']
  return `${source.id} ${dest.id} ${word(own['proto'])} ${typeof port === 'number' ? port : ''}`
}

/** Reports of the same connections: whatever else an agent tells series apart by that have others, or another outcome. */
export function seriesKey({ own }: Report, asked: string): string {
  const { reporter, outcome, action, drop_reason: reason, process_name: process, container, marks } = own
  const said = Array.isArray(marks) ? marks.join() : ''
  return `${asked} ${word(reporter)} ${word(outcome)} ${word(action)} ${word(reason)} ${word(process)} ${word(container)} ${said}`
}

export const isSameNode = ({ sourceNode, destNode }: Report): boolean =>
  sourceNode !== undefined && sourceNode === destNode

/** The reporter's direction as far as it says; undefined for what was seen on the way. */
export function saidDirection(reporter: string): Direction | undefined {
  if (reporter === 'src') return 'egress'
  return reporter === 'dst' ? 'ingress' : undefined
}

/** The end that the report is about. */
export function directionOf({ observed, nodes }: Standing, { source, destination }: Evaluation): Direction {
  const verdictAt = (direction: Direction) => (direction === 'egress' ? source : destination)?.verdict ?? 'allow'
  return saidDirection(observed.reporter) ?? endOfDrop(nodes, verdictAt)
}

/** Where no evaluation tells which: a drop on the way is taken to be the destination's. */
export const fixedDirection = ({ observed }: Standing): Direction => saidDirection(observed.reporter) ?? 'ingress'

/**
 * Whose report it is after all. What a node drops on the way to a pod of its own, by the pod's policy, is the destination's
 * report, as Calico's would be: the packet never reaches the pod's own network. Undefined where it is the reporter's own.
 */
export function otherReporter({ observed, nodes }: Standing, finding: Finding): string | undefined {
  const isAtDest = observed.reporter === 'fwd' && nodes.dest === nodes.host && finding.direction === 'ingress'
  return isAtDest && finding.verdict === 'deny' ? 'dst' : undefined
}
