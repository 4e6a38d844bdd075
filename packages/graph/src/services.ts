// Which services a workload answers for, learned from what was dialled and who answered. Services that share a workload and
// workloads that share a service are one group: to who looks at the graph they are one thing. A workload that nobody dialled
// by a service is in none. What is learned does not depend on the order in which it is learned.

export interface ServiceGroups {
  /** Names of the services of a workload's group, sorted; empty where it is in none. */
  of(namespace: string, workload: string): readonly string[]
}

export interface ServiceLearner {
  /** Somebody dialled `service` and `workload` answered. A service of another namespace is named `namespace/name`. */
  learn(namespace: string, workload: string, service: string): void
  settle(): ServiceGroups
}

const pair = (namespace: string, name: string) => JSON.stringify([namespace, name])

const addTo = (links: Map<string, Set<string>>, from: string, to: string) =>
  links.set(from, (links.get(from) ?? new Set()).add(to))

export function createServiceLearner(): ServiceLearner {
  const servicesOf = new Map<string, Set<string>>()
  const workloadsOf = new Map<string, Set<string>>()
  const nameOf = new Map<string, string>()
  return {
    learn(namespace, workload, service) {
      const [one, other] = [pair(namespace, workload), pair(namespace, service)]
      nameOf.set(other, service)
      addTo(servicesOf, one, other)
      addTo(workloadsOf, other, one)
    },
    settle() {
      const groups = new Map<string, readonly string[]>()
      for (const workload of servicesOf.keys()) {
        if (groups.has(workload)) continue
        const { workloads, services } = reachableFrom(workload, servicesOf, workloadsOf)
        const names = [...services].map((service) => nameOf.get(service)!).sort()
        for (const member of workloads) groups.set(member, names)
      }
      return { of: (namespace, workload) => groups.get(pair(namespace, workload)) ?? [] }
    },
  }
}

type Links = ReadonlyMap<string, ReadonlySet<string>>

/** Everything that hangs together with a workload, each workload and service visited once. */
function reachableFrom(first: string, servicesOf: Links, workloadsOf: Links) {
  const workloads = new Set([first])
  const services = new Set<string>()
  // A set is walked in the order of insertion, and what is added on the way is walked as well.
  for (const workload of workloads) {
    for (const service of servicesOf.get(workload) ?? []) {
      if (services.has(service)) continue
      services.add(service)
      for (const other of workloadsOf.get(service) ?? []) workloads.add(other)
    }
  }
  return { workloads, services }
}
