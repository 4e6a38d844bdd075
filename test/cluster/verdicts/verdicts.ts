// Who decided, on the traffic of the shop: its pods call each other all the time, some of them where a policy forbids it, and
// kube-router refuses. Records, explanations and both ends must name the policy, at the end that refused.
import type { EndsResponse, PolicyExplanation } from '@margay/wire'
import { beforeAll, describe, expect, it } from 'vitest'
import { idlePod, silence } from '../objects/pods.ts'
import { until } from '../parts/command.ts'
import type { KubeObject } from '../parts/kubectl.ts'
import { untilSelected } from '../policies/in-force.ts'
import type { Row } from '../product.ts'
import { distinct, found as foundIn } from '../rows.ts'
import { openShop } from '../shop/shop.ts'
import type { Stand } from '../stand.ts'
import { startMs } from '../suite.ts'

interface Pod {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
}

const policiesOf = (row: Row) => row.policies as Readonly<Record<string, readonly string[] | undefined>>

const namespace = 'shop'

/** Pods for commands, which no policy of the shop selects; nothing that one of them sends is admitted. */
const tools: readonly KubeObject[] = [
  idlePod({ name: 'debug', namespace }),
  idlePod({ name: 'mute', namespace }),
  silence(namespace),
]

/** Would allow what is allowed already, by a name in other letters than anybody asks for. */
const stagedDomains: KubeObject = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'StagedGlobalNetworkPolicy',
  metadata: { name: 'by-name' },
  spec: {
    order: 10,
    selector: "app == 'payments'",
    types: ['Egress'],
    egress: [{ action: 'Allow', protocol: 'TCP', destination: { domains: ['API.Stripe.COM'], ports: [443] } }],
  },
}

export function verdictsSuite(stand: Stand): void {
  const found = (logType: 'flows' | 'dns', query: string) => foundIn(stand.product, logType, query)

  const shell = (pod: string, command: string) =>
    stand.cluster.kubectl.run(['exec', '-n', namespace, pod, '--', 'bash', '-c', `${command} || true`])

  /** Unix seconds from which the policies that tests ask about are in force for all their pods. */
  let inForceSince = 0

  describe('verdicts', () => {
    beforeAll(async () => {
      const { cluster } = stand
      await openShop(cluster)
      await cluster.kubectl.apply([...tools, stagedDomains])
      const pods = ['pod/debug', 'pod/mute']
      await cluster.kubectl.run(['wait', '--for=condition=Ready', ...pods, '-n', namespace, '--timeout=180s'])
      await untilSelected(cluster, 'mute', { namespace, policy: 'silence' })
      const data = await cluster.kubectl.list<Pod & KubeObject>('pods', 'data')
      for (const { metadata } of data.filter(({ metadata: { labels } }) => labels.app === 'postgres')) {
        await untilSelected(cluster, metadata.name, { namespace: 'data', policy: 'pg-ingress' })
      }
      inForceSince = Math.ceil(Date.now() / 1000)
    }, startMs)

    it('flows that one policy denied are found by its name, and no others (AT-2)', async () => {
      const rows = await found('flows', 'policies: { enforced_policies: deny and enforced_policies: search-egress }')
      expect(distinct(rows, 'action')).toEqual(['deny'])
      for (const row of rows) {
        expect(row.source_name_aggr).toMatch(/^search-/)
        // No rule matched: the end of the tier.
        expect(policiesOf(row).enforced_policies).toEqual(['0|default|shop/knp.default.search-egress|deny|-1'])
      }
      const all = await found(
        'flows',
        'action: deny and policies: { all_policies: deny and all_policies: search-egress }',
      )
      expect(distinct(all, 'source_namespace')).toEqual(['shop'])
      expect(all.length).toBeGreaterThanOrEqual(rows.length)
      const others = await found('flows', 'action: deny and reporter: dst and dest_port: 5432')
      for (const row of others) expect(JSON.stringify(row.policies)).not.toContain('search-egress')
    })

    it('a denial that nobody wrote is told as what it is, at the end that refused, in one sentence (D5)', async () => {
      const query = 'source_name_aggr: grafana-* and dest_name_aggr: postgres-* and action: deny'
      const rows = await found('flows', `${query} and reporter: dst`)
      expect(policiesOf(rows[0]!).enforced_policies).toEqual(['0|default|data/knp.default.pg-ingress|deny|-1'])
      const ends = await stand.product.post<EndsResponse>('flows/ends', {
        range: { from: { ago: 3600 }, to: { ago: 0 } },
        query: 'source_name_aggr: grafana-* and dest_name_aggr: postgres-*',
      })
      const denied = ends.connections.filter(({ fate }) => fate === 'denied')
      expect(denied.length).toBeGreaterThan(0)
      for (const { decided, sentence } of denied) {
        expect(decided).toMatchObject({ where: 'destination', by: 'policy' })
        expect(sentence).toMatch(
          /^Denied on arrival at data\/postgres-\d on node-\d by the end of tier default: policy data\/pg-ingress isolates, and no rule of it matches/,
        )
        expect(sentence).not.toContain('denied by rule')
      }
    })

    it('a refusal that the source is told of, on the one node of both, is no contradiction to its own policies', async () => {
      const query = 'source_name_aggr: grafana-* and dest_name_aggr: postgres-*'
      // What came before the policy was in force got through, and may last: that is a contradiction, and no refusal.
      const refusals = `${query} and not outcome: established and start_time >= ${inForceSince}`
      await found('flows', `${refusals} and action: deny and reporter: dst`)
      const rows = await found('flows', `${refusals} and reporter: src`)
      const all = [...rows, ...(await found('flows', `${refusals} and reporter: dst`))]
      expect(all.filter((row) => row.evidence_conflict !== undefined)).toEqual([])
    })

    it('what a workload asks of the world has its names, and what has none its address class (AT-10)', async () => {
      const rows = await found('flows', 'source_name_aggr: payments-* and dest_type: net and outcome: established')
      expect(rows.filter((row) => row.dest_name_aggr !== 'pub')).toEqual([])
      expect(distinct(rows, 'dest_domains')).toEqual(['api.stripe.com'])
      expect(distinct(rows, 'dest_port')).toEqual(['443'])
      const upload = await found('flows', 'source_name_aggr: rate-sync-* and dest_domains: drop.files.example')
      expect(distinct(upload, 'process_name')).toEqual(['curl'])
    })

    it('a name in a policy matches whatever its letters are (B2)', async () => {
      const query = 'source_name_aggr: payments-* and dest_domains: api.stripe.com'
      const explainNewest = async () => {
        const record = (await found('flows', query)).at(-1)!
        return stand.product.post<PolicyExplanation>('policies/explain', { record, pending: true })
      }
      // The first records may be older than the policy.
      const verdict = await until('a record that the policy decides', async () => {
        const { verdict: of, directions } = await explainNewest()
        const egress = directions.find(({ direction }) => direction === 'egress')
        return JSON.stringify(egress?.decision).includes('by-name') && of
      })
      expect(verdict).toBe('allow')
    })

    it('lookups that fail have client, name, code, server and time (AT-11)', async () => {
      await shell('debug', 'dig +tries=1 a.servfail.test; dig +tries=1 nowhere.example.com')
      for (const [qname, rcode] of [
        ['a.servfail.test', 'SERVFAIL'],
        ['nowhere.example.com', 'NXDOMAIN'],
      ] as const) {
        const rows = await found('dns', `qname: ${qname} and client_name: debug`)
        expect(rows[0]).toMatchObject({
          rcode,
          client_namespace: 'shop',
          process_name: 'dig',
          outcome: 'answered',
          count: 1,
        })
        expect(rows[0]?.servers).toEqual([expect.objectContaining({ ip: '10.96.0.10' })])
        expect(Number(rows[0]?.latency_mean)).toBeGreaterThan(0)
      }
    })

    it('a lookup that a policy forbids is a denied flow to the name server, and an unanswered lookup', async () => {
      await shell('mute', 'dig +tries=1 +time=2 api.stripe.com')
      const rows = await found('flows', 'source_name: mute and dest_port: 53 and action: deny')
      // Where the rules refused, the address was translated; the client's socket knows the service alone, and so whose pods.
      expect(distinct(rows, 'dest_name_aggr')).toEqual([expect.stringMatching(/^coredns-/)])
      expect(distinct(rows, 'dest_service_name')).toEqual(['-', 'kube-dns'])
      for (const row of rows) {
        expect(policiesOf(row).enforced_policies).toEqual(['0|default|shop/knp.default.silence|deny|-1'])
      }
      const lookups = await found('dns', 'client_name: mute and qname: api.stripe.com')
      expect(distinct(lookups, 'outcome')).toEqual(['unanswered'])
    })
  })
}
