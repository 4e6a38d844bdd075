// Both ends of a connection on two nodes with an agent each, and a third without one: real traffic that fails in each way,
// and the sentence that the server's API gives for it. The nodes' bridges are one link layer, so what a node drops on the
// way is dropped by its bridge.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectionEnds, EndsResponse } from '@margay/wire'
import { stringify } from 'yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLab, patienceMs, sleep } from '../lab.ts'
import type { Lab, Pod } from '../lab.ts'
import { firstSyn, listener, resetting, untilReset } from '../listener.ts'
import { startLabProduct } from '../product.ts'
import type { LabProduct } from '../product.ts'

let labs: readonly Lab[]
let product: LabProduct
let folder: string
let front: Pod
let api: Pod
let db: Pod

const node = (name: string, address: string) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  status: { addresses: [{ type: 'InternalIP', address }] },
})

const podObject = (pod: Pod, namespace: string, name: string, nodeName: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, uid: pod.uid, labels: { app: pod.name } },
  spec: { nodeName, containers: [{ name: 'main', image: 'lab' }] },
  status: { phase: 'Running', podIP: pod.ip, podIPs: [{ ip: pod.ip }, { ip: pod.ip6 }] },
})

/** Puts two nodes' bridges on one wire; its ends are in their namespaces and go with them. */
function connectNodes(one: Lab, other: Lab): void {
  const end = `${other.prefix}w`
  execFileSync('ip', ['-n', one.hub, 'link', 'add', end, 'type', 'veth', 'peer', 'name', 'wire', 'netns', other.hub])
  one.inNetns(one.hub, 'ip', 'link', 'set', end, 'master', `${one.prefix}br`, 'up')
  other.inNetns(other.hub, 'ip', 'link', 'set', 'wire', 'master', `${other.prefix}br`, 'up')
  // The address is the first node's.
  other.inNetns(other.hub, 'ip', 'addr', 'del', '10.77.0.254/24', 'dev', `${other.prefix}br`)
}

const connect = (address: string, port: number, wait: number, then = 'pass') => `
import socket,time
s=socket.socket(); s.settimeout(${wait})
try:
  s.connect(("${address}",${port})); print("ready",flush=True)
  ${then}
except OSError as e: print(e)
`
async function ask(query: string): Promise<EndsResponse> {
  const response = await fetch(`${product.address}/api/v1/flows/ends`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ range: { from: { ago: 3600 }, to: { ago: 0 } }, query }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`the question was refused: ${text}`)
  return JSON.parse(text) as EndsResponse
}

/** What is said of the newest connection to a port, once it is what is awaited, or in the end whatever it is. */
async function saidOf(port: number, fate: ConnectionEnds['fate']): Promise<ConnectionEnds | undefined> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const [newest] = (await ask(`dest_port: ${port} and reporter: src`)).connections
    if ((newest?.fate === fate && newest.sure) || Date.now() > deadline) return newest
    await sleep(300)
  }
}

const drop = (pod: Pod, lab: Lab, chain: string, ...match: readonly string[]) =>
  lab.inNetns(pod.netns, 'iptables', '-A', chain, '-p', 'tcp', ...match, '-j', 'DROP')

const bridgeDrop = (lab: Lab, port: number) =>
  lab.inNetns(
    lab.hub,
    'nft',
    `add table bridge way; add chain bridge way forward { type filter hook forward priority 0; }; add rule bridge way forward tcp dport ${port} drop`,
  )

beforeAll(async () => {
  labs = [createLab(), createLab(), createLab()]
  const [a, b, c] = labs as [Lab, Lab, Lab]
  front = a.pod('front', 1)
  api = b.pod('api', 2)
  db = c.pod('db', 3)
  connectNodes(a, b)
  connectNodes(a, c)
  // As the pause process of a pod: its namespace has somebody in it.
  for (const pod of [front, api, db]) pod.start('sleep', '3600')
  folder = mkdtempSync(join(tmpdir(), 'margay-ends-'))
  const objects = [
    ...['shop', 'pay', 'data'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    node('node-a', '10.77.0.254'),
    node('node-b', '10.77.0.253'),
    node('node-c', '10.77.0.252'),
    podObject(front, 'shop', 'front-1', 'node-a'),
    podObject(api, 'pay', 'api-1', 'node-b'),
    podObject(db, 'data', 'db-1', 'node-c'),
  ]
  writeFileSync(join(folder, 'cluster.yaml'), objects.map((object) => stringify(object)).join('---\n'))
  const nodes = [
    { name: 'node-a', lab: a },
    { name: 'node-b', lab: b },
  ]
  product = await startLabProduct(a, { inventory: folder, client: front, server: api, nodes })
})

afterAll(async () => {
  await product?.close()
  for (const lab of labs ?? []) await lab.close()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

describe('both ends in one sentence', () => {
  it('nobody listens', async () => {
    await front.python(connect(api.ip, 84, 2))
    const said = await saidOf(84, 'nobody_listens')
    expect(said?.sentence).toBe('Reached pay/api-1 on node-b; nobody listens on tcp 84 there.')
    expect(said).toMatchObject({
      left: 'yes',
      arrived: 'yes',
      sure: true,
      source: { host: 'node-a' },
      dest: { host: 'node-b' },
    })
    expect(said?.evidence.map(({ at, host, from }) => [at, host, from])).toEqual([
      ['source', 'node-a', 'exemplar'],
      ['destination', 'node-b', 'exemplar'],
    ])
  })

  it('a rule drops it where it arrives', async () => {
    drop(api, labs[1]!, 'INPUT', '--dport', '85')
    await front.python(connect(api.ip, 85, 1.5))
    expect((await saidOf(85, 'dropped'))?.sentence).toBe(
      'Reached the node of pay/api-1 on node-b and was dropped before any program saw it, by a netfilter rule on node-b.',
    )
  })

  it('a rule of the own node drops it on the way, or one of the other', async () => {
    bridgeDrop(labs[0]!, 86)
    bridgeDrop(labs[1]!, 87)
    await front.python(connect(api.ip, 86, 1.5))
    await front.python(connect(api.ip, 87, 1.5))
    const [own, other] = [await saidOf(86, 'dropped'), await saidOf(87, 'dropped')]
    expect(own?.sentence).toBe('Never left the node of shop/front-1 on node-a: dropped by a netfilter rule on node-a.')
    expect(own).toMatchObject({ left: 'no', arrived: 'no', decided: { where: 'way', by: 'rule' } })
    expect(other?.sentence).toBe(
      'Reached the node of pay/api-1 on node-b, never pay/api-1 itself: dropped by a netfilter rule on node-b.',
    )
    expect(other).toMatchObject({ left: 'yes', arrived: 'yes', decided: { where: 'way', by: 'rule' } })
  })

  it('its accept queue is full', async () => {
    const full = await api.serve(listener(88, undefined, { backlog: 0 }))
    const holder = await front.serve(connect(api.ip, 88, 2, 'time.sleep(600)'))
    await front.python(connect(api.ip, 88, 1.5))
    const said = await saidOf(88, 'queue_full')
    await Promise.all([holder.stop(), full.stop()])
    expect(said?.sentence).toBe(
      'Reached pay/api-1 on node-b; the accept queue of python3 was full, so the connection was not taken.',
    )
  })

  it('its answer is dropped at the source', async () => {
    await api.serve(listener(89))
    drop(front, labs[0]!, 'INPUT', '--sport', '89')
    await front.python(connect(api.ip, 89, 2.5))
    const said = await saidOf(89, 'answer_lost')
    expect(said?.sentence).toBe(
      'Reached pay/api-1 on node-b, which answered; the answer never came back to shop/front-1 on node-a: dropped by a netfilter rule on node-a.',
    )
  })

  it('its program resets it', async () => {
    await api.serve(listener(90, resetting))
    await front.python(connect(api.ip, 90, 5, untilReset))
    expect((await saidOf(90, 'reset_by_destination'))?.sentence).toBe(
      'Reset by the program python3 of pay/api-1 on node-b, after it had sent 1,200 bytes and received 6 bytes.',
    )
  })

  it('it is slow because what it asked first was dropped', async () => {
    await api.serve(listener(91, 'c.recv(9); c.close()'))
    labs[1]!.inNetns(api.netns, 'iptables', '-A', 'INPUT', ...firstSyn(91), '-j', 'DROP')
    await front.python(connect(api.ip, 91, 10, 's.sendall(b"x"); print(s.recv(1))'))
    const said = await saidOf(91, 'slow_handshake')
    expect(said?.sentence).toMatch(
      /^Slow: the handshake took \d+\.\d s, shop\/front-1 asked (twice|\d+ times); what it asked first was dropped at pay\/api-1 on node-b: a netfilter rule\.$/,
    )
  })

  it('nobody looks where it went', async () => {
    drop(db, labs[2]!, 'INPUT', '--dport', '92')
    await front.python(connect(db.ip, 92, 1.5))
    await product.settled()
    const [said] = (await ask('dest_port: 92 and reporter: src')).connections
    expect(said?.sentence).toBe(
      'Left shop/front-1 on node-a, nothing came back; what happened beyond node-a cannot be told: no agent reports for data/db-1 on node-c.',
    )
    expect(said).toMatchObject({ fate: 'cannot_tell', left: 'yes', arrived: 'unknown', sure: false })
  })

  it('the command line says the same, under the record', () => {
    const args = [
      'observe',
      '--explain',
      '--last',
      '1',
      '-q',
      'dest_port: 84 and reporter: src',
      '--server',
      product.address,
    ]
    const text = execFileSync(process.execPath, [join(import.meta.dirname, '../../../apps/cli/src/main.ts'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, NODE_NO_WARNINGS: '1', NO_COLOR: '1' },
    })
    const [flow, sentence, ends, ...evidence] = text.trimEnd().split('\n')
    expect(flow).toContain('refused')
    expect(sentence).toContain('└ Reached pay/api-1 on node-b; nobody listens on tcp 84 there.')
    expect(ends).toMatch(/10\.77\.0\.1:\d+ → 10\.77\.0\.2:84/)
    expect(evidence.join('\n')).toMatch(
      /source .* node-a: refused[^]*destination .* node-b: refused: nobody listens there/,
    )
  })

  it('the network between loses it', async () => {
    const link = `${labs[1]!.prefix}w`
    const mac = labs[1]!.inNetns(api.netns, 'cat', '/sys/class/net/eth0/address').trim()
    // Nobody needs to be asked for the address: what is lost is the connection alone.
    labs[0]!.inNetns(front.netns, 'ip', 'neigh', 'replace', api.ip, 'lladdr', mac, 'dev', 'eth0', 'nud', 'permanent')
    labs[0]!.inNetns(labs[0]!.hub, 'ip', 'link', 'set', link, 'down')
    await front.python(connect(api.ip, 93, 1.5))
    labs[0]!.inNetns(labs[0]!.hub, 'ip', 'link', 'set', link, 'up')
    const said = await saidOf(93, 'lost_on_the_way')
    expect(said?.sentence).toBe('Left shop/front-1 on node-a, never reached pay/api-1 on node-b: lost on the way.')
    expect(said?.evidence).toContainEqual(
      expect.objectContaining({ at: 'destination', host: 'node-b', from: 'silence' }),
    )
  })
})
