// Rules that log, on the real kernel: Felix's prefixes become marks of the connections that they speak of, a refusal
// stands at the end that refused, a group that somebody reads is left to them, and a flood is bounded and counted.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createKnownPolicies, resolveMarks } from '../../../apps/server/src/evidence/index.ts'
import type { AgentProcess, PrintedRow } from '../agent-process.ts'
import { startAgent, total } from '../agent-process.ts'
import { felixRules } from '../felix-rules.ts'
import type { FelixPod } from '../felix-rules.ts'
import { createLab } from '../lab.ts'
import type { Lab } from '../lab.ts'
import { echoing, listener } from '../listener.ts'
import { createForwardingNode, oneConnection } from '../node.ts'
import type { ForwardingNode } from '../node.ts'

const longName = 'only-the-checkout-may-ask-the-ledger-of-the-shop-for-its-balances'
const policy = (name: string) =>
  ({ kind: 'KubernetesNetworkPolicy', namespace: 'shop', name, tier: 'default', staged: false }) as const
const known = createKnownPolicies({
  policies: [policy('web'), policy('client'), policy(longName)],
  profiles: ['kns.shop'],
  tiers: ['default'],
})

const clientPod = (egress: FelixPod['egress'] = []): FelixPod => ({
  ip: '10.77.0.1',
  profile: 'kns.shop',
  tier: 'default',
  egress,
})
const serverPod = (ingress: FelixPod['ingress'] = []): FelixPod => ({
  ip: '10.77.0.2',
  profile: 'kns.shop',
  tier: 'default',
  ingress,
})
const allowPort = (port: number) => ({ action: 'allow', match: `tcp dport ${port}` }) as const

const flows = (rows: readonly PrintedRow[], port: number, reporter: string) =>
  rows.filter((row) => row.log === 'flows' && row.dest_port === port && row.reporter === reporter)

/** What the marks of rows say, as the server reads them; rows without marks say nothing. */
const read = (rows: readonly PrintedRow[], direction: 'ingress' | 'egress') =>
  [...new Set(rows.map((row) => JSON.stringify(row.marks ?? [])))].map((text) => {
    const resolved = resolveMarks(JSON.parse(text) as string[], { known, direction })
    return resolved?.hits.map(({ name, action, rule }) => `${name} ${action} ${rule}`).join(', ')
  })

describe('rules that log', () => {
  let lab: Lab
  let node: ForwardingNode
  beforeAll(async () => {
    lab = createLab()
    node = createForwardingNode(lab)
    await node.server.serve(listener(80, echoing))
  })
  afterAll(() => lab.close())
  // A group has one reader: an agent that a failed test left would fail the next one too.
  let running: AgentProcess | undefined
  afterEach(() => running?.signal('SIGKILL'))
  const start = async (...options: string[]) => (running = await startAgent(lab, ...options))
  const connect = async (port: number, seconds = 20) =>
    (await node.client.python(oneConnection, node.server.ip, String(port), String(seconds))).stdout.trim()

  it('mark both ends of a connection that they allow, the shortest as well, by the policy of each', async () => {
    node.load(
      felixRules('felix', [
        clientPod([{ id: 'knp/shop/client', rules: [{ action: 'deny', match: 'tcp dport 99' }, allowPort(80)] }]),
        serverPod([{ id: `knp/shop/${longName}`, rules: [allowPort(80)] }]),
      ]),
    )
    const agent = await start()
    for (let i = 0; i < 20; i++) expect(await connect(80)).toBe('x')
    const rows = await agent.stop()
    const sources = flows(rows, 80, 'src')
    const destinations = flows(rows, 80, 'dst')
    expect([total(sources, 'num_flows_started'), total(destinations, 'num_flows_started')]).toEqual([20, 20])
    expect(read(sources, 'egress')).toEqual(['client allow 1'])
    expect(read(destinations, 'ingress')).toEqual([`${longName} allow 0`])
    expect(destinations[0]?.marks).toEqual([expect.stringMatching(/^nflog\|1\|API0\|knp\/s_.{41}_.{10}$/)])
  })

  it('deny at the destination: its row says so with the policy, and the source was let go', async () => {
    node.load(
      felixRules('felix', [
        clientPod([{ id: 'knp/shop/client', rules: [allowPort(81)] }]),
        serverPod([{ id: 'knp/shop/web', rules: [allowPort(80)] }]),
      ]),
    )
    const agent = await start()
    expect(await connect(81, 1)).toBe('TimeoutError')
    await agent.sees('the refusal', ({ dest_port, action }) => dest_port === 81 && action === 'deny')
    const rows = await agent.stop()
    const denied = flows(rows, 81, 'dst')
    expect(denied[0]).toMatchObject({
      action: 'deny',
      outcome: 'dropped',
      direction: 'ingress',
      source_ip: '10.77.0.1',
      dest_ip: '10.77.0.2',
      num_flows_started: 1,
    })
    expect(read(denied, 'ingress')).toEqual(['default deny none'])
    const tried = flows(rows, 81, 'src')
    expect(tried.map(({ action, outcome }) => [action, outcome])).toContainEqual(['allow', 'dropped'])
    expect(tried.map(({ action }) => action)).not.toContain('deny')
    expect(read(tried, 'egress')).toEqual(['client allow 0'])
    expect(flows(rows, 81, 'fwd')).toEqual([])
  })

  it('deny at the source: its row says so with the rule, and there is no destination', async () => {
    node.load(
      felixRules('felix', [
        clientPod([{ id: 'knp/shop/client', rules: [allowPort(80), { action: 'deny', match: 'tcp dport 82' }] }]),
        serverPod(),
      ]),
    )
    const agent = await start()
    expect(await connect(82, 1)).toBe('TimeoutError')
    const rows = await agent.stop()
    const denied = flows(rows, 82, 'src')
    expect(denied.at(-1)).toMatchObject({ action: 'deny', outcome: 'dropped', process_name: 'python3' })
    expect(read(denied, 'egress')).toEqual(['client deny 1'])
    expect(flows(rows, 82, 'dst')).toEqual([])
  })

  it('refuse, with the words of anybody: the client sees a refusal, and the text is kept', async () => {
    node.load(
      'table ip felix\ndelete table ip felix\ntable ip felix {\n  chain forward {\n    type filter hook forward priority 0\n    tcp dport 83 log prefix "no entry: " group 100\n    tcp dport 83 reject with tcp reset\n  }\n}\n',
    )
    const agent = await start()
    expect(await connect(83)).toBe('ConnectionRefusedError')
    const rows = await agent.stop()
    const tried = flows(rows, 83, 'src')
    expect(tried).toMatchObject([{ action: 'deny', outcome: 'refused', marks: ['nflog|100|no entry: '] }])
  })

  it('say what they please, and each is kept as it is: only what Felix would write is read as such', async () => {
    const long = 'x'.repeat(127)
    const prefixes = ['PPI|security', 'API|no index', 'IN: \xff\xfe', long, 'APE0|knp/shop/client']
    const rules = [...prefixes.map((prefix) => `log prefix "${prefix}" group 2`), 'log group 2', 'accept']
    const chain = `type filter hook forward priority 0\n${rules.map((rule) => `tcp dport 80 ct state new ${rule}`).join('\n')}`
    const text = `table ip felix\ndelete table ip felix\ntable ip felix {\nchain forward {\n${chain}\n}\n}\n`
    node.load(Buffer.from(text, 'latin1'))
    const agent = await start()
    expect(await connect(80)).toBe('x')
    const rows = await agent.stop()
    const ofAnybody = ['API|no index', 'IN: \ufffd\ufffd', long, '']
    const marks = (...texts: readonly string[]) => texts.map((prefix) => `nflog|2|${prefix}`)
    expect(flows(rows, 80, 'dst')[0]?.marks).toEqual(marks('PPI|security', ...ofAnybody))
    expect(flows(rows, 80, 'src')[0]?.marks).toEqual(marks(...ofAnybody.slice(0, 3), 'APE0|knp/shop/client', ''))
    const resolved = resolveMarks(marks('PPI|security', ...ofAnybody), { known, direction: 'ingress' })
    expect(resolved?.unknown).toEqual(marks(...ofAnybody))
  })

  it('mark datagrams, which are no connections', async () => {
    const udp = (port: number) => ({ action: 'allow', match: `udp dport ${port}` }) as const
    node.load(felixRules('felix', [clientPod(), serverPod([{ id: 'knp/shop/web', rules: [allowPort(80), udp(70)] }])]))
    const agent = await start()
    // Of a socket that is older than the agent it is not known who asked first.
    await node.server.serve(
      'import socket\ns=socket.socket(2,2); s.bind(("0.0.0.0",70)); print("ready")\nwhile 1:\n  d,a=s.recvfrom(99); s.sendto(d,a)',
    )
    const ask = (port: number, seconds: number) =>
      node.client.python(
        `import socket\ns=socket.socket(2,2); s.settimeout(${seconds}); s.sendto(b"x",("10.77.0.2",${port}))\ntry: print(s.recv(9))\nexcept Exception as e: print(e)`,
      )
    expect((await ask(70, 20)).stdout).toContain('x')
    expect((await ask(71, 1)).stdout).toContain('timed out')
    const rows = await agent.stop()
    expect(read(flows(rows, 70, 'dst'), 'ingress')).toEqual(['web allow 1'])
    expect(read(flows(rows, 70, 'src'), 'egress')).toEqual(['kns.shop allow 0'])
    expect(flows(rows, 71, 'dst')[0]).toMatchObject({ action: 'deny', outcome: 'dropped' })
    expect(read(flows(rows, 71, 'dst'), 'ingress')).toEqual(['default deny none'])
  })

  it('are told without kernel programs too', async () => {
    node.load(felixRules('felix', [clientPod(), serverPod([{ id: 'knp/shop/web', rules: [allowPort(80)] }])]))
    const agent = await start('--leave-out', 'see_drop')
    expect(await connect(84, 1)).toBe('TimeoutError')
    const rows = await agent.stop()
    expect(flows(rows, 84, 'dst')[0]).toMatchObject({ action: 'deny', outcome: 'dropped', source_ip: '10.77.0.1' })
    expect(read(flows(rows, 84, 'dst'), 'ingress')).toEqual(['default deny none'])
  })
})
