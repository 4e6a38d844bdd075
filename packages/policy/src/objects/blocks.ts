// The blocks and names that a policy tells addresses apart by: two addresses outside that lie in the same of them are one to
// it.
import type { Cidr } from '../net/address.ts'
import type { DomainPattern, Entity, Policy } from './policy.ts'

const entitiesOf = ({ ingress = [], egress = [] }: Policy): readonly Entity[] =>
  [...ingress, ...egress].flatMap(({ source, destination }) => [source, destination])

export const blocksOf = (policy: Policy): readonly Cidr[] =>
  entitiesOf(policy).flatMap(({ nets = [], notNets = [] }) => [...nets, ...notNets])

export const domainsOf = (policy: Policy): readonly DomainPattern[] =>
  entitiesOf(policy).flatMap(({ domains = [] }) => domains)
