// Traces through the rules of the node, on the real kernel: nft's rules by their comments, iptables-nft's by theirs, and
// the table that makes the traces gone with the agent, however it ended.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createKnownPolicies, resolveMarks } from '../../../apps/server/src/evidence/index.ts'
import type { AgentProcess, PrintedRow } from '../agent-process.ts'
import { doctorIn, inHub, startAgent } from '../agent-process.ts'
import { createLab, until } from '../lab.ts'
import type { Lab } from '../lab.ts'
import { echoing, listener } from '../listener.ts'
import { createForwardingNode, oneConnection } from '../node.ts'
import type { ForwardingNode } from '../node.ts'

const policy = (name: string) =>
  ({ kind: 'KubernetesNetworkPolicy', namespace: 'shop', name, tier: 'default', staged: false }) as const
const known = createKnownPolicies({ policies: [policy('web'), policy('closed')], profiles: [], tiers: [] })

const flows = (rows: readonly PrintedRow[], port: number, reporter?: string) =>
  rows.filter((row) => row.log === 'flows' && row.dest_port === port && (!reporter || row.reporter === reporter))

const read = (row: PrintedRow | undefined, direction: 'ingress' | 'egress' = 'ingress') => {
  const resolved = resolveMarks((row?.marks ?? []) as string[], { known, direction })
  return [resolved?.hits.map(({ name, action, rule }) => `${name} ${action} ${rule}`).join(', '), resolved?.verdict]
}

describe('traces', () => {
  let lab: Lab
  let node: ForwardingNode
  let running: AgentProcess | undefined
  beforeAll(async () => {
    lab = createLab()
    node = createForwardingNode(lab)
    await node.server.serve(listener(80, echoing))
    await node.server.serve(listener(81, echoing))
  })
  afterAll(() => lab.close())
  afterEach(() => running?.signal('SIGKILL'))
  const start = async (...options: string[]) => (running = await startAgent(lab, ...options))
  const connect = async (port: number, seconds = 20) =>
    (await node.client.python(oneConnection, node.server.ip, String(port), String(seconds))).stdout.trim()
  const tables = () => lab.inNetns(lab.hub, 'nft', 'list', 'tables')
  const iptables = (...args: string[]) => lab.inNetns(lab.hub, 'iptables-nft', ...args)

  it('name the rule of nftables that decided, by its comment', async () => {
    node.load(`table inet fw
delete table inet fw
table inet fw {
  chain pods {
    tcp dport 80 accept comment "shop/web ingress rule 0"
    tcp dport 81 accept
    tcp dport 82 drop comment "shop/closed ingress"
  }
  chain forward {
    type filter hook forward priority 0
    ct state new jump pods
  }
}
`)
    const agent = await start('--nf-trace')
    expect(await connect(80)).toBe('x')
    expect(await connect(81)).toBe('x')
    expect(await connect(82, 1)).toBe('TimeoutError')
    const rows = await agent.stop()
    for (const reporter of ['src', 'dst']) {
      const [allowed] = flows(rows, 80, reporter)
      expect(allowed?.marks).toContain('nft|inet|fw|pods|accept|shop/web ingress rule 0')
    }
    expect(read(flows(rows, 80, 'dst')[0])).toEqual(['web allow 0', 'allow'])
    expect(flows(rows, 81, 'dst')[0]?.marks).toEqual(
      expect.arrayContaining([expect.stringMatching(/^nft\|inet\|fw\|pods\|accept\|#\d+$/)]),
    )
    const [denied] = flows(rows, 82, 'fwd')
    expect(denied).toMatchObject({ action: 'deny', outcome: 'dropped' })
    expect((denied?.marks as string[] | undefined)?.at(-1)).toBe('nft|inet|fw|pods|drop|shop/closed ingress')
    expect(read(denied)).toEqual(['closed deny unknown', 'deny'])
    node.load('delete table inet fw\n')
  })

  it("name the policy in kube-router's chains of iptables-nft, whose comments nft does not show", async () => {
    const comment = (text: string) => ['-m', 'comment', '--comment', text]
    for (const chain of ['KUBE-POD-FW-A', 'KUBE-NWPLCY-W']) iptables('-N', chain)
    iptables(
      '-A',
      'FORWARD',
      ...comment('rule to jump traffic destined to POD name:b namespace: shop to chain KUBE-POD-FW-A'),
      '-d',
      '10.77.0.2',
      '-j',
      'KUBE-POD-FW-A',
    )
    iptables(
      '-A',
      'KUBE-POD-FW-A',
      ...comment('rule for stateful firewall for pod'),
      '-m',
      'conntrack',
      '--ctstate',
      'RELATED,ESTABLISHED',
      '-j',
      'ACCEPT',
    )
    iptables('-A', 'KUBE-POD-FW-A', ...comment('run through nw policy web'), '-j', 'KUBE-NWPLCY-W')
    const admits = comment(
      'rule to ACCEPT traffic from source pods to dest pods selected by policy name web namespace shop',
    )
    iptables(
      '-A',
      'KUBE-NWPLCY-W',
      ...admits,
      '-p',
      'tcp',
      '--dport',
      '80',
      '-j',
      'MARK',
      '--set-xmark',
      '0x10000/0x10000',
    )
    iptables('-A', 'KUBE-NWPLCY-W', ...admits, '-m', 'mark', '--mark', '0x10000/0x10000', '-j', 'RETURN')
    iptables(
      '-A',
      'KUBE-POD-FW-A',
      ...comment('rule to REJECT traffic destined for POD name:b namespace: shop'),
      '-m',
      'mark',
      '!',
      '--mark',
      '0x10000/0x10000',
      '-j',
      'REJECT',
    )
    const agent = await start('--nf-trace')
    expect(await connect(80)).toBe('x')
    expect(await connect(83)).toBe('ConnectionRefusedError')
    const rows = await agent.stop()
    expect(read(flows(rows, 80, 'dst')[0])).toEqual(['web allow unknown', 'allow'])
    const refused = flows(rows, 83, 'src').at(-1)
    expect(refused).toMatchObject({ action: 'deny' })
    expect(read(refused)).toEqual(['web deny none', 'deny'])
    expect(read(refused, 'egress')).toEqual([undefined, undefined])
    iptables('-F')
    iptables('-X')
  })

  it('begin only when asked, and their table goes with the agent even where it is killed', async () => {
    const plain = await start()
    expect(tables()).not.toContain('margay')
    await plain.stop()
    const agent = await start('--nf-trace')
    expect(tables()).toMatch(/table inet margay_trace_\d+/)
    // Nobody else can take it away, or change what is sampled.
    expect(() => lab.inNetns(lab.hub, 'nft', 'flush', 'table', 'inet', /margay_trace_\d+/.exec(tables())![0])).toThrow()
    agent.signal('SIGKILL')
    await until('the table to be gone', () => !tables().includes('margay'))
  })

  it('do not follow rules of iptables-legacy, which the doctor says; what they refuse is seen without the rule', async () => {
    const legacy = (...args: string[]) => lab.inNetns(lab.hub, 'iptables-legacy', ...args)
    const tracesByDoctor = () => doctorIn(...inHub(lab)).evidence.find(({ name }) => name === 'nf-trace')?.found
    expect(tracesByDoctor()).not.toContain('legacy')
    legacy('-A', 'FORWARD', '-p', 'tcp', '--dport', '84', '-j', 'DROP')
    try {
      expect(tracesByDoctor()).toContain('rules of iptables-legacy are in no trace (tables filter)')
      const agent = await start('--nf-trace')
      expect(await connect(84, 1)).toBe('TimeoutError')
      const rows = await agent.stop()
      expect(flows(rows, 84, 'fwd')[0]).toMatchObject({ action: 'deny', drop_reason: 'NETFILTER_DROP' })
    } finally {
      legacy('-F')
    }
  })

  it('know a rule by its present comment after the rule set was loaded anew', async () => {
    const load = (comment: string) =>
      node.load(
        `table inet fw\ndelete table inet fw\ntable inet fw {\n  chain forward {\n    type filter hook forward priority 0\n    tcp dport 80 ct state new accept comment "${comment}"\n  }\n}\n`,
      )
    load('shop/web ingress')
    const agent = await start('--nf-trace')
    await connect(80)
    await agent.sees('the first comment', (row) => JSON.stringify(row.marks ?? []).includes('shop/web'))
    load('shop/closed ingress')
    await connect(80)
    await agent.sees('the second comment', (row) => JSON.stringify(row.marks ?? []).includes('shop/closed'))
    await agent.stop()
    node.load('delete table inet fw\n')
  })
})
