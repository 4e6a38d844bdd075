// An address that another pod gets within the interval of an agent (A3): no row counts what both did. The interval here is as
// long as a real one, so that it nearly always is the handover alone that ends it between the two.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { createLab, patienceMs, sleep, type Lab, type Pod } from './lab.ts'
import { startLabProduct, type LabProduct } from './product.ts'

let lab: Lab
let client: Pod
let server: Pod
let product: LabProduct
let folder: string

const podObject = (name: string, uid: string, ip: string, phase: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', uid, creationTimestamp: new Date().toISOString() },
  spec: { nodeName: 'lab-node' },
  status: { phase, podIP: ip },
})

/** The one who has the server's address, and who had it, as the API would have them. */
function write(...pods: readonly (readonly [name: string, phase: string])[]): void {
  const objects = [
    podObject('client', client.uid, client.ip, 'Running'),
    ...pods.map(([name, phase]) => podObject(name, `uid-${name}`, server.ip, phase)),
  ]
  writeFileSync(join(folder, 'inventory/pods.yaml'), objects.map((object) => stringify(object)).join('---\n'))
}

async function isListed(name: string): Promise<void> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const response = await fetch(`${product.address}/api/v1/endpoints`)
    const { endpoints } = (await response.json()) as { endpoints: readonly { readonly name: string }[] }
    if (endpoints.some((endpoint) => endpoint.name === name)) return
    if (Date.now() > deadline) throw new Error(`lab: ${name} is no endpoint: ${JSON.stringify(endpoints)}`)
    await sleep(50)
  }
}

async function connect(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await client.run('ncat', '-z', '-w', '2', server.ip, '8080')
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'margay-lab-handover-'))
  mkdirSync(join(folder, 'inventory'))
  lab = createLab()
  client = lab.pod('client', 1)
  server = lab.pod('server', 2)
  write(['job-1', 'Running'])
  server.start('ncat', '-lk', '8080')
  await server.listens(8080)
  product = await startLabProduct(lab, {
    inventory: join(folder, 'inventory'),
    client,
    server,
    intervalSeconds: 12,
  })
}, 2 * patienceMs)
afterAll(async () => {
  await product?.close()
  await lab?.close()
  rmSync(folder, { recursive: true, force: true })
})

it(
  'an address that passes to another pod within an interval names each at its time, in rows of their own',
  async () => {
    await isListed('job-1')
    await connect(3)
    write(['job-1', 'Succeeded'])
    // A job that ended takes nobody's calls; its successor is made a moment later.
    await sleep(1_500)
    write(['job-1', 'Succeeded'], ['web-1', 'Running'])
    await isListed('web-1')
    await connect(5)
    const started = (rows: readonly Readonly<Record<string, unknown>>[], name: string) =>
      rows.filter((row) => row.dest_name === name).reduce((sum, row) => sum + Number(row.num_flows_started), 0)
    const rows = await product.rowsOnce(
      'flows',
      `dest_ip: ${server.ip} and dest_port: 8080 and reporter: src`,
      (found) => found.reduce((sum, row) => sum + Number(row.num_flows_completed), 0) === 8,
    )
    expect({ job: started(rows, 'job-1'), web: started(rows, 'web-1') }).toEqual({ job: 3, web: 5 })
  },
  2 * patienceMs,
)
