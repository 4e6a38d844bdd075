// The blocks and names that a policy tells addresses apart by: two addresses outside that lie in the same of them are one to
// it.
import type { Cidr } from '../net/address.ts'
import type { DomainPattern, Entity, Policy } from './policy.ts'

/** A policy or a profile. */
type Rules = Pick<Policy, 'ingress' | 'egress'>

const entitiesOf = ({ ingress = [], egress = [] }: Rules): readonly Entity[] =>
  [...ingress, ...egress].flatMap(({ source, destination }) => [source, destination])

export const blocksOf = (rules: Rules): readonly Cidr[] =>
  entitiesOf(rules).flatMap(({ nets = [], notNets = [] }) => [...nets, ...notNets])

export const domainsOf = (rules: Rules): readonly DomainPattern[] =>
  entitiesOf(rules).flatMap(({ domains = [] }) => domains)
