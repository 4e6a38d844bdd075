// Connections that came to nothing or were slow, on the real kernel: what each end keeps of them. The same five-tuple in
// the exemplars of both ends is how they are joined.
import { parseExemplar } from '@margay/model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAgent, total } from '../agent-process.ts'
import { connect, kept, rowsOf } from '../kept.ts'
import { createLab } from '../lab.ts'
import type { Lab, Pod } from '../lab.ts'
import { firstSyn, listener, resetting, untilReset } from '../listener.ts'

/** At least twice: how often a SYN is repeated before a program that is kept waiting gives up is not ours to say. */
const twice = expect.toSatisfy((times: number) => times >= 2)

describe('connections that went wrong are kept whole', () => {
  let lab: Lab
  let a: Pod
  let b: Pod
  beforeAll(async () => {
    lab = createLab()
    a = lab.pod('a', 1)
    b = lab.pod('b', 2)
    // As the pause process of a pod: its namespace has somebody in it.
    b.start('sleep', '600')
  })
  afterAll(() => lab.close())

  it('refused: by the same five-tuple at both ends', async () => {
    const agent = await startAgent(lab)
    await a.python(connect('10.77.0.2', 84, 41_000, 2))
    const rows = await agent.stop()
    const ends = { proto: 'tcp', source: { ip: a.ip, port: 41_000 }, dest: { ip: b.ip, port: 84 } }
    expect(kept(rows, 84, 'src')).toMatchObject([{ ...ends, went: 'refused', syns: 1 }])
    expect(kept(rows, 84, 'dst')).toMatchObject([{ ...ends, went: 'refused', dropReason: 'NO_SOCKET', syns: 1 }])
    const [atSource, atDest] = [kept(rows, 84, 'src')[0]!, kept(rows, 84, 'dst')[0]!]
    expect(Math.abs(atSource.startMs - atDest.startMs)).toBeLessThan(10_000)
  })

  it('dropped where they arrive, and on the way, with the reason and how often it was tried', async () => {
    lab.inNetns(b.netns, 'iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '85', '-j', 'DROP')
    lab.inNetns(
      lab.hub,
      'nft',
      'add table bridge way; add chain bridge way forward { type filter hook forward priority 0; }; add rule bridge way forward tcp dport 86 drop',
    )
    const agent = await startAgent(lab)
    await a.python(connect('10.77.0.2', 85, 41_001, 2.5))
    await a.python(connect('10.77.0.2', 86, 41_002, 2.5))
    const rows = await agent.stop()
    lab.inNetns(b.netns, 'iptables', '-F', 'INPUT')
    lab.inNetns(lab.hub, 'nft', 'delete table bridge way')
    const dropped = { went: 'dropped', dropReason: 'NETFILTER_DROP', syns: twice }
    expect(kept(rows, 85, 'src').at(-1)).toMatchObject({ went: 'unanswered', syns: twice, source: { port: 41_001 } })
    expect(kept(rows, 85, 'dst')).toMatchObject([{ ...dropped, source: { ip: a.ip, port: 41_001 } }])
    expect(kept(rows, 86, 'fwd')).toMatchObject([{ ...dropped, source: { ip: a.ip, port: 41_002 } }])
    expect(kept(rows, 86, 'dst')).toEqual([])
  })

  it('turned away by a full accept queue: known from the listener, with its process', async () => {
    const full = await b.serve(listener(87, undefined, { backlog: 0 }))
    const agent = await startAgent(lab)
    const holder = await a.serve(connect('10.77.0.2', 87, 41_003, 2, 'print("ready",flush=True); time.sleep(600)'))
    await a.python(connect('10.77.0.2', 87, 41_004, 2.5))
    const rows = await agent.stop()
    await Promise.all([holder.stop(), full.stop()])
    expect(kept(rows, 87, 'src').at(-1)).toMatchObject({ went: 'unanswered', source: { port: 41_004 } })
    expect(kept(rows, 87, 'dst')).toMatchObject([
      { went: 'dropped', dropReason: 'TCP_LISTEN_OVERFLOW', syns: twice, source: { ip: a.ip, port: 41_004 } },
    ])
    const turnedAway = rowsOf(rows, 87, 'dst').filter((row) => row.drop_reason === 'TCP_LISTEN_OVERFLOW')
    expect(turnedAway[0]).toMatchObject({
      process_name: 'python3',
      pod_uid: b.uid,
      action: 'allow',
      outcome: 'dropped',
    })
    expect(total(turnedAway, 'num_flows_started')).toBe(1)
  })

  it('answered in vain: the listener says it, and who dropped the answer says that', async () => {
    await b.serve(listener(88))
    const rule = ['-p', 'tcp', '--sport', '88', '-j', 'DROP']
    const agent = await startAgent(lab)
    lab.inNetns(a.netns, 'iptables', '-A', 'INPUT', ...rule)
    await a.python(connect('10.77.0.2', 88, 41_005, 2.5))
    lab.inNetns(a.netns, 'iptables', '-F', 'INPUT')
    lab.inNetns(b.netns, 'iptables', '-A', 'OUTPUT', ...rule)
    await a.python(connect('10.77.0.2', 88, 41_006, 2.5))
    lab.inNetns(b.netns, 'iptables', '-F', 'OUTPUT')
    const rows = await agent.stop()
    const atDest = kept(rows, 88, 'dst')
    expect(atDest.find(({ source }) => source.port === 41_005)).toMatchObject({ went: 'unanswered' })
    expect(atDest.find(({ source }) => source.port === 41_005)!.answers).toBeGreaterThan(1)
    const own = atDest.filter(({ source }) => source.port === 41_006)
    expect(own).toContainEqual(expect.objectContaining({ went: 'dropped', dropReason: 'NETFILTER_DROP' }))
    expect(kept(rows, 88, 'src').find(({ source }) => source.port === 41_005)).toMatchObject({
      went: 'dropped',
      dropReason: 'NETFILTER_DROP',
      answers: expect.any(Number) as number,
    })
    // Nobody connected to the client's port.
    expect(rows.filter((row) => row.dest_port === 41_005 || row.dest_port === 41_006)).toEqual([])
  })

  it('reset: which end did it, after how much', async () => {
    await b.serve(listener(89, resetting))
    const agent = await startAgent(lab)
    await a.python(connect('10.77.0.2', 89, 41_007, 5, untilReset))
    const rows = await agent.stop()
    expect(kept(rows, 89, 'dst')).toMatchObject([{ went: 'reset', endedBy: 'here', bytesOut: 1200, bytesIn: 6 }])
    expect(kept(rows, 89, 'src')).toMatchObject([
      { went: 'reset', endedBy: 'peer', bytesOut: 6, bytesIn: 1200, syns: 1 },
    ])
  })

  it('slow: how long the handshake took, how often it was asked for, and once', async () => {
    await b.serve(listener(90, 'c.recv(9); c.close()'))
    lab.inNetns(b.netns, 'iptables', '-I', 'INPUT', ...firstSyn(90), '-j', 'DROP')
    const agent = await startAgent(lab)
    await a.python(connect('10.77.0.2', 90, 41_008, 10, 'time.sleep(2.5); s.sendall(b"x")'))
    lab.inNetns(b.netns, 'iptables', '-F', 'INPUT')
    const rows = await agent.stop()
    const established = rowsOf(rows, 90, 'src').filter((row) => row.outcome === 'established')
    const exemplars = established
      .flatMap((row) => (row.exemplars ?? []) as string[])
      .map((text) => parseExemplar(text)!)
    expect(exemplars).toMatchObject([{ went: 'slow', syns: twice, source: { ip: a.ip, port: 41_008 } }])
    expect(exemplars[0]!.handshakeUs).toBeGreaterThan(900_000)
    expect(total(established, 'num_exemplars')).toBe(1)
  })

  it('of many the oldest and the newest, and all of them counted', async () => {
    const agent = await startAgent(lab, '--interval-seconds', '60', '--exemplars', '4')
    await a.python(`
import socket
for i in range(3000):
  s=socket.socket(); s.setsockopt(1,2,1); s.bind(("",42000+i))
  try: s.connect(("10.77.0.2",91))
  except OSError: s.close()
`)
    const rows = await agent.stop()
    for (const reporter of ['src', 'dst']) {
      const seen = rowsOf(rows, 91, reporter)
      const ports = kept(rows, 91, reporter).map(({ source }) => source.port)
      expect([reporter, ports[0], ports.at(-1)]).toEqual([reporter, 42_000, 44_999])
      for (const row of seen) expect((row.exemplars as string[]).length).toBeLessThanOrEqual(4)
      expect(total(seen, 'num_exemplars')).toBe(3000)
    }
  })
})
