// A server whose disk is full starts all the same, from a reserve that it keeps: what is stored is found, health says that there
// is no room, and it goes on once there is.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { mountSmall } from '../../packages/store/src/testing/small-disk.ts'
import { margay, npmStart, until, type Started } from './npm-start.ts'

let base: string
let dataDir: string
let unmount: (() => void) | undefined
let product: Started | undefined

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'margay-full-'))
  dataDir = join(base, 'data')
  mkdirSync(dataDir)
  unmount = mountSmall(dataDir, '400m')
})
afterAll(async () => {
  await product?.stop()
  unmount?.()
  rmSync(base, { recursive: true, force: true })
})

async function ingest(port: number): Promise<number> {
  const now = Math.floor(Date.now() / 1000)
  const flow = {
    start_time: now - 20,
    end_time: now - 10,
    action: 'allow',
    reporter: 'src',
    proto: 'tcp',
    dest_port: port,
  }
  const headers = { 'content-type': 'application/x-ndjson' }
  const url = `${product!.address}/api/v1/ingest/flows`
  return (await fetch(url, { method: 'POST', body: JSON.stringify(flow), headers })).status
}

/** Beside the rows of this machine's own agent. */
async function isStored(port: number): Promise<true | undefined> {
  const { out } = await margay([
    '--server',
    product!.address,
    'observe',
    '--last',
    '5',
    '-o',
    'json',
    '--port',
    String(port),
  ])
  return out.trim() === '' ? undefined : true
}

it('starts on a full disk, and takes rows again once there is room', async () => {
  product = await npmStart({ dataDir })
  expect(await ingest(18_080)).toBe(200)
  await until('the row to be stored', () => isStored(18_080))
  await until('the reserve to be there', () => existsSync(join(dataDir, 'reserve')) || undefined)
  await product.stop()

  const ballast = join(dataDir, 'ballast')
  spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k'])
  product = await npmStart({ dataDir })
  await until('what is stored to be found', () => isStored(18_080))
  const retention = (await product.health()).parts.find(({ name }) => name === 'retention')
  expect(retention).toMatchObject({ state: 'degraded', says: expect.stringContaining('no room left') as string })
  expect(existsSync(join(dataDir, 'reserve'))).toBe(false)

  rmSync(ballast)
  expect(await ingest(18_081)).toBe(200)
  await until('the other row to be stored', () => isStored(18_081))
  await until(
    'everything to be well again',
    async () => (await product!.health()).parts.every(({ state }) => state === 'ready') || undefined,
  )
})
