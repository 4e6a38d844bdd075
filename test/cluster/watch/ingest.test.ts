// The ingest thread's parts behind a network that fails: what an agent reports meanwhile is not named by what was known
// before, but asked for again and named right.
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { zstdCompressSync } from 'node:zlib'
import { createHealth, createLogger } from '@margay/kit'
import type { Row } from '@margay/model'
import { flowLog } from '@margay/model'
import { agentHeader, createFrameBuilder, framesPath, instanceHeader, joinPieces, pieceHead } from '@margay/wire'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ingestConfig } from '../../../apps/server/src/segment/config.ts'
import type { Ingest } from '../../../apps/server/src/segment/ingest.ts'
import { openIngest } from '../../../apps/server/src/segment/ingest.ts'
import type { ApiServer } from '../api-server.ts'
import { startApiServer } from '../api-server.ts'
import { writeKubeconfig } from '../parts/credentials.ts'
import { describeCluster, startMs } from '../suite.ts'
import { eventually } from './follower.ts'
import { namespace, pod, remove, setStatus } from './objects.ts'
import type { Relay } from './relay.ts'
import { startRelay } from './relay.ts'

const token = 'a-token-of-enough-length'
const ip = '10.77.4.1'

describeCluster('agents while the API server is away', 'api', () => {
  let api: ApiServer
  let relay: Relay
  let ingest: Ingest
  let running: Promise<void>
  let socketPath: string
  let sequence = 0
  const health = createHealth()
  const ended = new AbortController()
  const flows: Row[] = []
  const known = new Set<string>()
  let dir: string

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'margay-away-'))
    api = await startApiServer()
    await api.kubectl.apply([
      namespace('shop'),
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'shop' } },
      pod('before'),
    ])
    await setStatus(api.kubectl, 'before', { ip })
    relay = await startRelay(Number(new URL(api.url).port))
    const kubeconfig = writeKubeconfig(join(dir, 'kubeconfig'), {
      server: `https://127.0.0.1:${relay.port}`,
      authority: api.authority,
      token: api.adminToken,
    })
    const listening = Promise.withResolvers<string>()
    ingest = openIngest(ingestConfig.parse({ token, segmentMs: 50, kubernetes: { kubeconfig } }), {
      dataDir: dir,
      insert: () => Promise.resolve(),
      publish({ logType, provisional, rows }) {
        if (logType === 'flows' && !provisional) flows.push(...rows)
        if (logType === 'objects')
          for (const { name, object } of rows) if ((object as string).includes(ip)) known.add(String(name))
      },
      log: createLogger({ level: 'error', form: 'json' }, { write: () => {} }),
      health,
      clock: () => Date.now(),
      onListening: listening.resolve,
    })
    ingest.setWatched(true)
    running = ingest.run(ended.signal)
    socketPath = (await listening.promise).slice('unix:'.length)
  }, startMs)
  afterAll(async () => {
    ended.abort()
    await running
    await relay?.close()
    await api?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  /** Sends a flow to the address, as an agent would, and tells what became of it. */
  const report = async (): Promise<unknown> => {
    const builder = createFrameBuilder(flowLog)
    builder.define(0, { reporter: 'src', proto: 'tcp', action: 'allow', dest_port: 80 })
    const now = Math.floor(Date.now() / 1000)
    builder.add(0, { start_time: now, end_time: now, source_ip: '10.77.4.9', dest_ip: ip })
    const name = { epoch: (++sequence).toString(16).padStart(16, '0'), sequence: 0 }
    const bytes = builder.take({ agent: 'n9', ...name, provisional: false, madeAt: now }, [])
    const body = joinPieces([Buffer.concat([pieceHead(name), zstdCompressSync(bytes)])])
    const headers = { [agentHeader]: 'n9', [instanceHeader]: 'i', authorization: `Bearer ${token}` }
    return new Promise((resolve, reject) => {
      const sent = request({ socketPath, path: framesPath, method: 'POST', headers }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part: string) => (text += part))
        answer.on('end', () =>
          resolve((JSON.parse(text) as { results: readonly { result: string }[] }).results[0]?.result),
        )
      })
      sent.on('error', reject).end(body)
    })
  }
  /** As an agent does: what is asked for later comes again. */
  const reportAgain = async (): Promise<unknown> => {
    for (;;) {
      const answer = await report()
      if (answer !== 'later') return answer
      await sleep(100)
    }
  }
  const named = () => flows.map((row) => row['dest_name'])

  it('are told to wait, and their rows get the name of the pod that has the address now', async () => {
    expect(await reportAgain()).toBe('stored')
    expect(named()).toEqual(['before'])
    relay.cut()
    await eventually(
      'the loss to be noticed',
      () => health.report()['kubernetes'],
      (stage) => stage?.state === 'degraded',
    )
    await remove(api.kubectl, 'pod', 'before')
    await api.kubectl.apply([pod('after')])
    await setStatus(api.kubectl, 'after', { ip })
    expect(await report()).toBe('later')
    relay.heal()
    expect(await reportAgain()).toBe('stored')
    expect(named()).toEqual(['before', 'after'])
    expect([...known]).toEqual(['before', 'after'])
  })
})
