// Who is this address: every shape of workload in the real cluster, connected to by real clients, named by pod, workload, service
// and process as its flow's moment had it. Each question is kept, and asked again when most of it is gone (`later.ts`).
import { beforeAll, describe, expect, it } from 'vitest'
import { until } from '../parts/command.ts'
import type { Row } from '../product.ts'
import { distinct } from '../rows.ts'
import type { Stand } from '../stand.ts'
import { startMs } from '../suite.ts'
import { by, counts, createLane, nameOf, openLane, sum, tally } from './lane.ts'
import { finishingPod, job, namespace, pod, podSpec } from './objects.ts'
import { startAt } from './reuse.ts'

const clientOn = (node: 1 | 2) => ({
  source_name: `client-${node}`,
  source_name_aggr: `client-${node}`,
  source_namespace: namespace,
  source_type: 'wep',
})

export function namesSuite(stand: Stand): void {
  const { kubectl, getPod, podsOf, curl, answers, flows, rowsOf, remembered } = createLane(stand)
  /** Rows of the first calls by service, which a rollout adds to. */
  let firstCalls: readonly Row[] = []

  /** Looks names up, each once, from the network of a node, until one is answered at once. */
  async function lookUpQuickly(): Promise<readonly string[]> {
    const names: string[] = []
    return until('the name server to answer within a second', async () => {
      names.push(`try-${names.length}.${namespace}.svc.cluster.local`)
      const dig = `dig +tries=1 +time=30 ${names.at(-1)!} || true`
      const said = await kubectl('exec', 'host-client', '--', 'bash', '-c', dig)
      return Number(/Query time: (\d+) msec/.exec(said)?.[1] ?? Infinity) < 1000 && names
    })
  }

  describe('names', () => {
    beforeAll(() => openLane(stand), startMs)

    it('a service with endpoints on both nodes: each connection names the pod that answered, and the service that was dialled', async () => {
      const answered = await curl('client-1', `http://web.${namespace}/`, 20)
      const webs = await podsOf('web')
      expect(webs.map(({ spec }) => spec.nodeName).toSorted()).toEqual(['node-1', 'node-2'])
      expect(Object.keys(tally(answered)).toSorted()).toEqual(webs.map(nameOf).toSorted())
      const rows = await remembered(
        'by service',
        'source_name: client-1 and dest_port: 8080 and not dest_service_name: "-"',
      )
      firstCalls = by(rows, 'src')
      expect(counts(by(rows, 'src'), 'dest_name')).toEqual(tally(answered))
      for (const row of by(rows, 'src')) {
        expect(row).toMatchObject({
          ...clientOn(1),
          dest_type: 'wep',
          dest_namespace: namespace,
          dest_service_namespace: namespace,
          dest_service_port: 'http',
          dest_service_port_num: 80,
          process_name: 'curl',
        })
        expect(row.dest_name_aggr).toBe(`${String(row.dest_name).split('-').slice(0, 2).join('-')}-*`)
      }
      expect(distinct(rows, 'dest_service_name')).toEqual(['web'])
      const atPods = await flows('source_name: client-1 and dest_port: 8080 and reporter: dst')
      expect(counts(atPods, 'dest_name')).toEqual(tally(answered))
      expect(distinct(atPods, 'process_name')).toEqual(['catalog'])
    })

    it('a pod behind two services, dialled by one of them and by its own address: the one, and none (A7)', async () => {
      const [web] = await podsOf('web')
      const answered = await curl('client-2', `http://web.${namespace}/`, 20)
      const direct = await curl('client-2', `http://${web!.status.podIP}:8080/`, 20)
      expect([answered.length, direct.length]).toEqual([20, 20])
      const rows = await remembered(
        'directly and by service',
        'source_name: client-2 and not dest_port: 53 and dest_port < 60000',
      )
      const seen = by(rows, 'src')
      expect(counts(seen, 'dest_service_name')).toEqual({ web: answered.length, '-': direct.length })
      expect(distinct(seen, 'dest_port')).toEqual(['8080'])
      expect(counts(seen, 'dest_name')).toEqual(tally([...answered, ...direct]))
      expect(await stand.product.rows('flows', 'dest_service_name: web-too')).toEqual([])
    })

    it('a headless service: the pods, and the service by whose name they were found', async () => {
      const answered = await curl('client-1', `http://db.${namespace}:5432/`, 10)
      expect(answered).toHaveLength(10)
      const rows = await remembered('headless', 'source_name: client-1 and dest_port: 5432')
      expect(counts(by(rows, 'src'), 'dest_name')).toEqual(tally(answered))
      expect(counts(by(rows, 'src'), 'dest_service_name')).toEqual({ db: 10 })
      expect(distinct(rows, 'dest_name_aggr')).toEqual(['db-*'])
      expect(distinct(by(rows, 'dst'), 'process_name')).toEqual(['postgres'])
    })

    it('a pod on the network of its node: named as itself, not as the node, at both ends', async () => {
      const exporters = await podsOf('exporter')
      const onNode = (node: string) => exporters.find(({ spec }) => spec.nodeName === node)!.metadata.name
      await curl('client-1', 'http://10.88.0.11:9101/', 3)
      await curl('client-1', 'http://10.88.0.12:9101/', 3)
      const rows = await remembered('to the host network', 'source_name: client-1 and dest_port: 9101')
      expect(counts(by(rows, 'src'), 'dest_name')).toEqual({ [onNode('node-1')]: 3, [onNode('node-2')]: 3 })
      expect(distinct(by(rows, 'dst'), 'process_name')).toEqual(['node_exporter'])
      // It calls every second by itself.
      const own = await flows('process_name: node_exporter and reporter: src and dest_service_name: web')
      expect(distinct(own, 'source_name')).toEqual([onNode('node-1'), onNode('node-2')].toSorted())
      expect(distinct(own, 'source_name_aggr')).toEqual(['exporter-*'])
    })

    it('what such a pod asks the name server: one lookup and one flow, though the node translates its packets on the way', async () => {
      const names = await lookUpQuickly()
      const own = await flows('source_name: host-client and dest_port: 53')
      expect(distinct(own, 'reporter')).toEqual(['src'])
      expect(distinct(own, 'dest_name_aggr')).toEqual([expect.stringMatching(/^coredns-/)])
      expect(distinct(own, 'dest_service_name')).toEqual(['kube-dns'])
      expect(sum(own, 'num_flows_started')).toBe(names.length)
      expect(counts(own, 'outcome').established).toBeGreaterThan(0)
      const lookups = await stand.product.rows('dns', `qname: ${names.at(-1)!}`)
      expect(lookups).toMatchObject([
        { client_name: 'host-client', process_name: 'dig', outcome: 'answered', count: 1, latency_count: 1 },
      ])
      // That it looks up by itself is told in the same way, answered in time or not.
      const background = await flows('process_name: node_exporter and dest_port: 53')
      expect(distinct(background, 'reporter')).toEqual(['src'])
      expect(distinct(background, 'dest_service_name')).toEqual(['kube-dns'])
      expect(distinct(background, 'outcome')).toContain('established')
    })

    it('a job that lives for a second: its pod, its program, what it called', async () => {
      await stand.cluster.kubectl.apply([job('once')])
      await kubectl('wait', '--for=condition=Complete', 'job/once', '--timeout=180s')
      const [once] = await podsOf('once')
      const rows = await remembered('of the job', 'source_name_aggr: once* and dest_service_name: web')
      expect(counts(rows, 'source_name')).toEqual({ [once!.metadata.name]: 1 })
      expect(rows[0]).toMatchObject({
        process_name: 'python3',
        pod_uid: once!.metadata.uid,
        source_namespace: namespace,
      })
      await kubectl('delete', 'job/once', '--wait')
    })

    it('a container that is started again: the same pod, another container', async () => {
      const spec = podSpec({ program: 'cart', listen: [{ kind: 'http', port: 8080 }] })
      await stand.cluster.kubectl.apply([pod('restarting', 'node-2', spec)])
      await kubectl('wait', '--for=condition=Ready', 'pod/restarting', '--timeout=180s')
      const { status, metadata } = await getPod('restarting')
      const url = `http://${status.podIP}:8080`
      await curl('client-1', `${url}/`, 2)
      await curl('client-1', `${url}/end`)
      const isBack = async () => (await curl('client-1', `${url}/`))[0] === 'restarting'
      await until('the container to be started again', isBack, { everyMs: 1000 })
      const rows = await remembered('of the restart', `dest_ip: ${status.podIP} and outcome: established`)
      expect(distinct(rows, 'dest_name')).toEqual(['restarting'])
      const atPod = by(rows, 'dst').filter((row) => row.process_name === 'cart')
      expect(distinct(atPod, 'container')).toHaveLength(2)
      expect(distinct(atPod, 'pod_uid')).toEqual([metadata.uid])
    })

    it('an address that another pod gets when the first has finished: each at its time, also under the same name (A3)', async () => {
      const node = stand.cluster.nodes[0]!
      await stand.cluster.kubectl.apply([finishingPod('first', node.name)])
      await kubectl('wait', '--for=condition=Ready', 'pod/first', '--timeout=180s')
      const ip = (await getPod('first')).status.podIP!
      const url = `http://${ip}:8080`
      await curl('client-2', `${url}/`, 3)
      const whileFirst = Math.floor(Date.now() / 1000)
      await curl('client-2', `${url}/end`)
      await kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/first', '--timeout=180s')
      const spec = podSpec({ program: 'orders', listen: [{ kind: 'http', port: 8080 }] })
      await startAt(node, ip, {
        start: async () => {
          await stand.cluster.kubectl.apply([pod('second', node.name, spec)])
          await kubectl('wait', '--for=condition=Ready', 'pod/second', '--timeout=180s')
          return (await getPod('second')).status.podIP!
        },
        remove: () => kubectl('delete', 'pod/second', '--wait'),
      })
      // Agents end their intervals when they are told of it; until then, what both did may be one row (test/lab/handover.test.ts).
      const isStored = async () => {
        const rows = await rowsOf(`source_name: client-2 and dest_ip: ${ip}`)
        return (['src', 'dst'] as const).every((reporter) => sum(by(rows, reporter), 'num_flows_started') >= 4)
      }
      await until('what the first did to be stored', isStored, { why: () => stand.product.output(), everyMs: 300 })
      await curl('client-2', `${url}/`, 5)
      const rows = await remembered('of the address', `source_name: client-2 and dest_ip: ${ip}`)
      expect(counts(by(rows, 'src'), 'dest_name')).toEqual({ first: 4, second: 5 })
      expect(counts(by(rows, 'dst'), 'dest_name')).toEqual({ first: 4, second: 5 })
      expect(
        distinct(
          by(rows, 'dst').filter((row) => row.dest_name === 'first'),
          'process_name',
        ),
      ).toEqual(['search'])

      // The late end of the first must not take the second's address, nor must a second of the same name be taken for it.
      await kubectl('delete', 'pod/first', '--wait')
      await curl('client-2', `${url}/?after=delete`, 2)
      const before = (await getPod('second')).metadata.uid
      await kubectl('delete', 'pod/second', '--wait')
      await stand.cluster.kubectl.apply([pod('second', stand.cluster.nodes[1]!.name, spec)])
      await kubectl('wait', '--for=condition=Ready', 'pod/second', '--timeout=180s')
      const again = await getPod('second')
      await curl('client-1', `http://${again.status.podIP}:8080/`, 2)
      const later = await remembered('of the second', `dest_name: second and source_namespace: ${namespace}`)
      const uidOf = (address: string) =>
        distinct(
          by(later, 'dst').filter((row) => row.dest_ip === address && row.process_name === 'orders'),
          'pod_uid',
        )
      expect(counts(by(later, 'src'), 'dest_ip')).toEqual({ [ip]: 7, [again.status.podIP!]: 2 })
      expect([uidOf(ip), uidOf(again.status.podIP!)]).toEqual([[before], [again.metadata.uid]])

      const namesAt = async (moment: number) =>
        (await stand.product.get<{ endpoints: { name: string }[] }>(`endpoints?ip=${ip}&at=${moment}`)).endpoints.map(
          ({ name }) => name,
        )
      expect(await namesAt(whileFirst)).toEqual(['first'])
      stand.memory.keepAnswer('who had the address', () => namesAt(whileFirst), ['first'])
      expect(await namesAt(Math.floor(Date.now() / 1000))).not.toContain('first')
    })

    it('a rollout: each connection has the pod of the revision that answered it', async () => {
      const before = await curl('client-1', `http://web.${namespace}/`, 6)
      const old = (await podsOf('web')).map(({ metadata }) => metadata.name)
      await kubectl('set', 'env', 'deployment/web', 'REVISION=2')
      await kubectl('rollout', 'status', 'deployment/web', '--timeout=180s')
      const isGone = async () => (await podsOf('web')).every(({ metadata }) => !old.includes(metadata.name))
      await until('the pods of the first revision to be gone', isGone, { everyMs: 500 })
      await answers(1, `http://web.${namespace}/`, (await podsOf('web')).map(nameOf))
      const after = await curl('client-1', `http://web.${namespace}/`, 6)
      expect(after).toHaveLength(6)
      expect(after.filter((name) => old.includes(name))).toEqual([])
      const rows = await remembered(
        'of the rollout',
        'source_name: client-1 and dest_service_name: web and reporter: src and outcome: established',
      )
      const expected = tally([...before, ...after])
      for (const [name, count] of Object.entries(counts(firstCalls, 'dest_name'))) {
        expected[name] = (expected[name] ?? 0) + count
      }
      expect(counts(rows, 'dest_name')).toEqual(expected)
      expect(distinct(rows, 'dest_name_aggr'), 'two revisions').toHaveLength(2)
    })
  })
}
