// The source as a whole, on an API server that serves one kind.
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Health, Logger } from '@margay/kit'
import { createHealth } from '@margay/kit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createKubernetesSource } from './source.ts'

const groups = (items: readonly object[]) => ({ kind: 'APIGroupDiscoveryList', items })
const pods = { resource: 'pods', responseKind: { kind: 'Pod' }, verbs: ['list', 'watch'] }
const served: Readonly<Record<string, object>> = {
  '/version': {},
  '/api': groups([{ versions: [{ version: 'v1', resources: [pods] }] }]),
  '/apis': groups([]),
}
const list = {
  items: [{ metadata: { name: 'web', namespace: 'shop', uid: 'web' } }],
  metadata: { resourceVersion: '5' },
}
const refusal = { kind: 'Status', code: 403, reason: 'Forbidden' }

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** Pods are refused for as long as `isRefused` says so; a watch never says anything. */
async function serve(isRefused: () => boolean): Promise<string> {
  server = createServer(({ url = '' }, response) => {
    const [path = ''] = url.split('?')
    if (path in served) return void response.end(JSON.stringify(served[path]))
    if (isRefused()) return void response.writeHead(403).end(JSON.stringify(refusal))
    if (url.includes('watch=true')) return response.flushHeaders()
    return void response.end(JSON.stringify(list))
  })
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A logger that calls `onLine` for each line. */
const logger = (onLine: (message: string) => void): Logger => ({
  debug: onLine,
  info: onLine,
  warn: onLine,
  error: onLine,
  with: () => logger(onLine),
})

/** Health that also tells what each change of a stage said. */
function healthThatTells(onDetail: (detail: string | undefined) => void): Health {
  const health = createHealth()
  return {
    ...health,
    stage(name, live) {
      const stage = health.stage(name, live)
      return { ...stage, set: (change) => (onDetail(change.detail), stage.set(change)) }
    },
  }
}

describe('a follower that breaks by a fault of our own', () => {
  it('is told of, counts as failing, and another takes its place', async () => {
    const lines: string[] = []
    let isBroken = false
    const log = logger((message) => {
      lines.push(message)
      if (message !== 'a kind is not followed for now' || isBroken) return
      isBroken = true
      throw new Error('no space left on device')
    })
    const address = await serve(() => !isBroken)
    const told: (string | undefined)[] = []
    const put = vi.fn<(object: { readonly name: string }) => void>()
    const source = createKubernetesSource(
      { discoverSeconds: 0.05, pageObjects: 10 },
      {
        access: { current: async () => ({ server: address, tls: {}, authorization: undefined }), refused: () => {} },
        objects: { put, remove: () => {}, sweep: () => {}, settle: () => {} },
        log,
        health: healthThatTells((detail) => told.push(detail)),
        clock: Date.now,
      },
    )
    const stop = new AbortController()
    const running = source.run(stop.signal)
    await vi.waitFor(() => expect(put.mock.calls.map(([{ name }]) => name)).toEqual(['web']), 10_000)
    expect(lines).toContain('a kind is not followed until the next discovery')
    expect(told).toContainEqual(expect.stringContaining('no space left on device'))
    expect(lines).not.toContain('a kind is not served any more')
    await vi.waitFor(() => expect([source.isCurrent(), source.unseen()]).toEqual([true, []]), 10_000)
    stop.abort()
    await running
  })
})
