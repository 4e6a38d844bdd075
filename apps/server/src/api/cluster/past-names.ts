// What the logs know of names that the objects of a moment do not have: whether something was ever called so, and which
// addresses clients found under a domain name.
import type { Address } from '@margay/policy'
import { parseAddress } from '@margay/policy'
import { objectLog } from '@margay/model'
import type { Question } from '@margay/query'
import { allOf, fieldIs, fieldIsOneOf } from '@margay/query'
import type { TrafficDeps } from './traffic.ts'
import { askFlows } from './traffic.ts'

/** A pod, and what pods are made by. */
const workloadKinds = ['Pod', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob']

/** Whether a pod or workload of the name is told of in all that is kept of the objects. */
export async function wasThere(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { store, now, signal }: TrafficDeps,
): Promise<boolean> {
  const question: Question = {
    logType: objectLog.name,
    range: { from: { at: 0 }, to: { at: now() + 1 } },
    filter: allOf(fieldIsOneOf('kind', workloadKinds), fieldIs('namespace', namespace), fieldIs('name', name)),
    reports: 'every',
    select: { kind: 'groups', by: [], measures: { versions: { rows: true } }, limit: 1 },
  }
  const { answer } = await store.ask(question, { now: now(), signal })
  return answer.kind === 'groups' && Number(answer.groups[0]?.measures['versions'] ?? 0) > 0
}

/** For so long before a moment an address that clients found under a name is taken for one that it has. */
const seenSeconds = 3_600

/** Names of many addresses change them all the time; so many of the last ones stand for all. */
const mostAddresses = 16

/** Addresses that clients came to by a domain name in the hour before a moment, the last ones first. */
export async function addressesOfDomain(domain: string, at: number, deps: TrafficDeps): Promise<readonly Address[]> {
  const { groups } = await askFlows(
    { from: at - seenSeconds, to: at + 1 },
    {
      filter: fieldIs('dest_domains', domain),
      by: ['dest_ip'],
      measures: { last: { max: 'start_time' } },
      heaviest: 'last',
      limit: mostAddresses,
    },
    deps,
  )
  return groups.flatMap(({ key: [ip] }) => parseAddress(String(ip)) ?? [])
}
