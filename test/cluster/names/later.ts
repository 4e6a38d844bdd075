// Asked an hour later, and a day: every question of the suites before is asked again of the installed server, started with its
// clock ahead, when pods, services and policies of those questions are gone from the API too.
import { describe, expect, it } from 'vitest'
import type { EndsResponse, PolicyExplanation } from '@margay/wire'
import { sleep, until } from '../parts/command.ts'
import type { Stand } from '../stand.ts'
import { startMs } from '../suite.ts'
import { startAhead } from './clock.ts'
import { by, counts, createLane } from './lane.ts'
import { namespace, pod, podSpec } from './objects.ts'
import { startAt } from './reuse.ts'

const hour = 3600
/** Beyond the day after which objects are written to the log again. */
const dayAndABit = 26 * hour

/** A row is of the interval in which an agent saw it; after so long the next one runs, also where its agent is late. */
const intervalMs = 25_000

export function laterSuite(stand: Stand): void {
  const { kubectl, getPod, curl, flows, rowsOf } = createLane(stand, ['client-1'])
  const post = <T>(path: string, body: object) => stand.product.post<T>(path, body)

  describe('later', () => {
    it('what was said of a denied connection is kept in mind: the record, who decided, both ends', async () => {
      const query = 'source_name_aggr: intruder* and dest_name_aggr: web* and action: deny and reporter: dst'
      const rows = await rowsOf(query)
      const record = rows.findLast(({ policies }) => JSON.stringify(policies).includes('web-from-client'))!
      const explain = () => post<PolicyExplanation>('policies/explain', { record })
      const ends = () => post<EndsResponse>('flows/ends', { record })
      const explanation = await explain()
      expect(explanation.verdict).toBe('deny')
      stand.memory.keepAnswer('who decided', explain, explanation)
      const sentences = async () => (await ends()).connections.map(({ fate, sentence }) => [fate, sentence])
      stand.memory.keepAnswer('both ends', sentences, await sentences())
    })

    it(
      'rows that waited while the server was away, by a pod that is gone and its address another’s: each has its own name',
      async () => {
        const node = stand.cluster.nodes[0]!
        const spec = podSpec({ program: 'orders', listen: [{ kind: 'http', port: 8080 }] })
        const start = async (name: string) => {
          await stand.cluster.kubectl.apply([pod(name, node.name, spec)])
          await kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=180s')
          return (await getPod(name)).status.podIP!
        }
        const ip = await start('third')
        const url = `http://${ip}:8080/`
        await curl('client-1', url, 3)
        await flows('')

        const words = ['-n', stand.product.release.namespace]
        await stand.cluster.kubectl.run(['scale', 'statefulset/margay-server', '--replicas=0', ...words])
        await stand.cluster.kubectl.run(['wait', '--for=delete', 'pod/margay-server-0', '--timeout=180s', ...words])
        await curl('client-1', url, 4)
        await sleep(intervalMs)
        await kubectl('delete', 'pod/third', '--wait')
        await startAt(node, ip, {
          start: () => start('fourth'),
          remove: () => kubectl('delete', 'pod/fourth', '--wait'),
        })
        await curl('client-1', url, 5)

        await startAhead(stand, hour)
        const query = `source_name: client-1 and dest_ip: ${ip} and dest_port: 8080`
        const isThere = async () => {
          const rows = await rowsOf(query)
          return Object.values(counts(by(rows, 'src'), 'dest_name')).reduce((all, one) => all + one, 0) >= 12 && rows
        }
        const rows = await until('what waited to be stored', isThere, { why: () => stand.product.output() })
        expect(counts(by(rows, 'src'), 'dest_name')).toEqual({ third: 7, fourth: 5 })
      },
      startMs,
    )

    it('an hour later all of it has the same names', () => stand.memory.recall(), startMs)

    it(
      'and a day later, when nothing of it is in the cluster any more',
      async () => {
        await stand.cluster.kubectl.run(['delete', 'namespace', namespace, 'store', '--wait'])
        await startAhead(stand, dayAndABit)
        await stand.memory.recall()
      },
      startMs,
    )
  })
}
