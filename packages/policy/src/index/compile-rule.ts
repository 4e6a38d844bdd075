// A rule as a list of cheap tests. Whatever is rare or may lack a fact (domains, services, ICMP types, entities, HTTP) is
// left to the reference, which is asked only if no cheap test says no.
import { type Answer, negate } from '../evaluate/answer.ts'
import { isHost } from '../evaluate/host-labels.ts'
import { carriesPorts } from '../evaluate/match-entity.ts'
import { matchRule } from '../evaluate/match-rule.ts'
import { contains, type Cidr } from '../net/address.ts'
import type { Entity, PortMatch, Rule } from '../objects/policy.ts'
import { answerFor } from './identity.ts'
import type { PooledSelector, SelectorPool } from './selector-pool.ts'
import { type FlowView, isSelectedIn, type SideView } from './view.ts'

type Test = (view: FlowView) => Answer

export interface CompiledRule {
  readonly rule: Rule
  readonly test: Test
  readonly selectors: readonly PooledSelector[]
}

type SideOf = (view: FlowView) => SideView

function testPort(port: PortMatch, side: SideView, view: FlowView, selector: PooledSelector | undefined): Answer {
  if (!('name' in port)) return side.port !== undefined && port.from <= side.port && side.port <= port.to
  const { end, identity } = side
  if (end.kind === 'missing' || isHost(end)) return undefined
  if (end.kind !== 'pod') return false
  if (!end.ports) return undefined
  const owns = end.ports.some(
    (own) => own.name === port.name && own.protocol === view.flow.protocol && own.port === side.port,
  )
  if (!owns || !selector) return owns
  return identity ? answerFor(identity, selector, view.work) : undefined
}

function compilePorts(ports: readonly PortMatch[], sideOf: SideOf, selector: PooledSelector | undefined): Test {
  return (view) => {
    if (!carriesPorts(view.flow.protocol)) return false
    const side = sideOf(view)
    if (side.port === undefined) return undefined
    let answer: Answer = false
    for (const port of ports) {
      const one = testPort(port, side, view, selector)
      if (one) return true
      if (one === undefined) answer = undefined
    }
    return answer
  }
}

function compileNets(nets: readonly Cidr[], sideOf: SideOf): Test {
  return (view) => {
    const { address } = sideOf(view).end
    return address && nets.some((net) => contains(net, address))
  }
}

function compileNotNets(notNets: readonly Cidr[], sideOf: SideOf): Test {
  return (view) => {
    const { address } = sideOf(view).end
    if (!address) return undefined
    return notNets.some((net) => net.family === address.family) && !notNets.some((net) => contains(net, address))
  }
}

function compileEntity(
  entity: Entity,
  sideOf: SideOf,
  take: (selector: NonNullable<Entity['selector']>) => PooledSelector,
): readonly Test[] {
  const { ports, notPorts, nets, notNets } = entity
  const selector = entity.selector && take(entity.selector)
  const notSelector = entity.notSelector && take(entity.notSelector)
  const tests: Test[] = []
  if (ports) tests.push(compilePorts(ports, sideOf, selector))
  if (selector) tests.push((view) => isSelectedIn(view, sideOf(view), selector))
  if (nets) tests.push(compileNets(nets, sideOf))
  if (notNets) tests.push(compileNotNets(notNets, sideOf))
  if (notSelector) tests.push((view) => negate(isSelectedIn(view, sideOf(view), notSelector)))
  if (notPorts) {
    const inPorts = compilePorts(notPorts, sideOf, selector)
    tests.push((view) => negate(inPorts(view)))
  }
  return tests
}

const isRareEntity = ({ classes, services, domains, netsAreOutside }: Entity) =>
  classes !== undefined || services !== undefined || domains !== undefined || netsAreOutside === true

const isRare = (rule: Rule) =>
  isRareEntity(rule.source) ||
  isRareEntity(rule.destination) ||
  [rule.icmp, rule.notIcmp, rule.http, rule.unevaluated, rule.ipVersion].some((part) => part !== undefined)

const askReference = (rule: Rule, view: FlowView) => matchRule(rule, view.flow, view.ends, view.lookup, () => {})

function compileProtocols({ protocols, notProtocols }: Rule): readonly Test[] {
  return [
    ...(protocols ? [(view: FlowView) => protocols.includes(view.flow.protocol)] : []),
    ...(notProtocols ? [(view: FlowView) => !notProtocols.includes(view.flow.protocol)] : []),
  ]
}

/** Compiles one rule; the selectors it holds are the pool's until released. */
export function compileRule(rule: Rule, pool: SelectorPool): CompiledRule {
  const selectors: PooledSelector[] = []
  const take = (selector: NonNullable<Entity['selector']>) => {
    const pooled = pool.take(selector)
    selectors.push(pooled)
    return pooled
  }
  const tests = [
    ...compileProtocols(rule),
    ...compileEntity(rule.destination, (view) => view.destination, take),
    ...compileEntity(rule.source, (view) => view.source, take),
  ]
  const rare = isRare(rule)
  const test: Test = (view) => {
    let isSure = true
    for (const one of tests) {
      const answer = one(view)
      if (answer === false) return false
      if (answer === undefined) isSure = false
    }
    return isSure && !rare ? true : askReference(rule, view)
  }
  return { rule, test, selectors }
}
