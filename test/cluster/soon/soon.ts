// How soon a denial is seen: from the `curl` in a pod to the row in the hands of somebody who watches, and to the row that is
// stored, both at the end that refused, with its policy. The times are printed; the test only waits for them.
import { describe, beforeAll, expect, it } from 'vitest'
import type { EndsResponse } from '@margay/wire'
import { idlePod } from '../objects/pods.ts'
import { inTime, until } from '../parts/command.ts'
import type { KubeObject } from '../parts/kubectl.ts'
import { untilSelected } from '../policies/in-force.ts'
import type { Row } from '../product.ts'
import type { Stand } from '../stand.ts'
import { startMs } from '../suite.ts'
import { spread, type Spread } from './spread.ts'

const namespace = 'soon'
const tries = Number(process.env.MARGAY_DENIALS ?? 8)
const firstPort = 9001

/** Two rules, neither of which admits the asker. */
const policy: KubeObject = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'friends-only', namespace },
  spec: {
    podSelector: { matchLabels: { app: 'guarded' } },
    policyTypes: ['Ingress'],
    ingress: ['friend', 'family'].map((app) => ({ from: [{ podSelector: { matchLabels: { app } } }] })),
  },
}

/** No rule of the policy matches: the end of its tier, whose index is -1. */
const hit = `0|default|${namespace}/knp.default.friends-only|deny|-1`

const say = (line: string) => void process.stderr.write(`soon: ${line}\n`)
const inWords = ({ median, max, count }: Spread) => `median ${median} ms, at most ${max} ms, of ${count}`

export function soonSuite(stand: Stand): void {
  const words = ['-n', namespace]
  let address = ''

  /** Unix milliseconds at which a curl began that then was refused. */
  async function curl(port: number): Promise<number> {
    const command = `echo $EPOCHREALTIME; curl -s -m 5 http://${address}:${port}/ || true`
    const said = await stand.cluster.kubectl.run(['exec', ...words, 'asker', '--', 'bash', '-c', command])
    return Number(said.trim()) * 1000
  }

  const why = expect.stringMatching(
    /^Denied on arrival at soon\/guarded on node-2 by the end of tier default: policy soon\/friends-only isolates, and no rule of it matches/,
  ) as string
  const sentencesOf = async (record: Row) => {
    const { connections } = await stand.product.post<EndsResponse>('flows/ends', { record })
    return connections.map(({ sentence }) => sentence)
  }

  /** Rows of the refusals at their right end. */
  const query = `dest_name: guarded and source_name: asker and reporter: dst and action: deny`

  type Live = AsyncIterator<{ provisional: boolean; rows: readonly Row[]; at: number }>

  /** Goes on with the live rows until one of a port comes. */
  async function next(live: Live, port: number) {
    for (;;) {
      const { done, value } = await live.next()
      if (done) throw new Error('the live stream ended')
      const { provisional, rows, at } = value
      const row = rows.find(({ dest_port: of }) => Number(of) === port)
      // A row that lasts comes again at the end of its interval.
      if (provisional && row) return { row, at }
    }
  }
  const seen = (live: Live, port: number) =>
    inTime(`a live row of port ${port}`, next(live, port), { why: () => stand.product.output() })

  describe('soon', () => {
    beforeAll(async () => {
      const { kubectl } = stand.cluster
      await kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }])
      await kubectl.apply([
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } },
        idlePod({ name: 'asker', namespace, node: 'node-1' }),
        idlePod({ name: 'guarded', namespace, node: 'node-2' }),
        policy,
      ])
      await kubectl.run(['wait', ...words, '--for=condition=Ready', 'pod', '--all', '--timeout=180s'])
      address = (await kubectl.get<{ status: { podIP: string } } & KubeObject>('pod', 'guarded', namespace)).status
        .podIP
      await untilSelected(stand.cluster, 'guarded', { namespace, policy: policy.metadata.name })
    }, startMs)

    it('somebody who watches sees a denial at its right end, with its policy, and is told why in a sentence', async () => {
      const watching = new AbortController()
      const live = stand.product.tail(query, watching.signal)[Symbol.asyncIterator]()
      const took = { first: [] as number[], again: [] as number[], told: [] as number[] }
      try {
        // Agents hear that somebody watches; until then they send nothing but rows that last.
        let heard = false
        void next(live, firstPort - 1).then(() => (heard = true))
        await until('the agents to hear of it', async () => {
          await curl(firstPort - 1)
          return heard
        })
        for (let port = firstPort; port < firstPort + tries; port++) {
          const began = await curl(port)
          const first = await seen(live, port)
          took.first.push(first.at - began)
          expect(first.row.policies).toMatchObject({ enforced_policies: [hit] })
          expect(await sentencesOf(first.row)).toEqual([why])
          took.told.push(Date.now() - began)
          const again = await curl(port)
          took.again.push((await seen(live, port)).at - again)
        }
      } finally {
        watching.abort()
      }
      say(`seen first: ${inWords(spread(took.first))}; told why: ${inWords(spread(took.told))}`)
      say(`seen again: ${inWords(spread(took.again))}`)
    })

    it('a row of it is stored', async () => {
      const port = firstPort + tries
      const began = await curl(port)
      const row = await until('the row to be stored', async () => {
        const rows = await stand.product.rows('flows', `${query} and dest_port: ${port}`)
        return rows[0]
      })
      say(`stored: ${Math.round(Date.now() - began)} ms after the curl`)
      expect(row.policies).toMatchObject({ enforced_policies: [hit] })
      expect(await sentencesOf(row)).toEqual([why])
    })
  })
}
