// Causes of failure beyond the usual ones, on the real kernel: what each end keeps of them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAgent, total } from '../agent-process.ts'
import { connect, kept, rowsOf } from '../kept.ts'
import { createLab } from '../lab.ts'
import type { Lab, Pod } from '../lab.ts'
import { listener } from '../listener.ts'

describe('connections that failed for another reason', () => {
  let lab: Lab
  let a: Pod
  let b: Pod
  beforeAll(() => {
    lab = createLab()
    a = lab.pod('a', 1)
    b = lab.pod('b', 2)
    // As the pause process of a pod: its namespace has somebody in it.
    b.start('sleep', '600')
  })
  afterAll(() => lab.close())

  it('over IPv6: by the same five-tuple at both ends', async () => {
    const agent = await startAgent(lab)
    await a.python(connect(b.ip6, 84, 43_000, 20))
    const rows = await agent.stop()
    const ends = { proto: 'tcp', source: { ip: a.ip6, port: 43_000 }, dest: { ip: b.ip6, port: 84 }, went: 'refused' }
    expect(kept(rows, 84, 'src')).toMatchObject([ends])
    expect(kept(rows, 84, 'dst')).toMatchObject([{ ...ends, dropReason: 'NO_SOCKET' }])
  })

  it('datagrams for which nobody listens: the destination keeps them, the source only knows no answer', async () => {
    const agent = await startAgent(lab)
    await a.python('import socket; s=socket.socket(2,2); s.bind(("",43001)); s.sendto(b"x",("10.77.0.2",85))')
    const rows = await agent.stop()
    const ends = { proto: 'udp', source: { ip: a.ip, port: 43_001 }, dest: { ip: b.ip, port: 85 } }
    expect(kept(rows, 85, 'dst')).toMatchObject([{ ...ends, went: 'refused', dropReason: 'NO_SOCKET' }])
    expect(rowsOf(rows, 85, 'src')).toMatchObject([{ outcome: 'unanswered', num_flows_started: 1 }])
    expect(kept(rows, 85, 'src')).toEqual([])
  })

  it('a rule that refuses by ICMP: denied where the rule is, and the source is not left waiting', async () => {
    const reject = ['-p', 'tcp', '--dport', '86', '-j', 'REJECT', '--reject-with', 'icmp-admin-prohibited']
    lab.inNetns(b.netns, 'iptables', '-A', 'INPUT', ...reject)
    const agent = await startAgent(lab)
    expect((await a.python(connect(b.ip, 86, 43_002, 60))).stdout).toContain('No route to host')
    const rows = await agent.stop()
    expect(rowsOf(rows, 86, 'dst')).toMatchObject([{ action: 'deny', drop_reason: 'NETFILTER_DROP' }])
    expect(kept(rows, 86, 'dst')).toMatchObject([{ went: 'dropped', source: { ip: a.ip, port: 43_002 }, syns: 1 }])
    expect(kept(rows, 86, 'src')).toMatchObject([{ source: { ip: a.ip, port: 43_002 }, syns: 1 }])
  })

  it('a program that was killed while it waited: named all the same, with its pod', async () => {
    lab.inNetns(b.netns, 'iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '87', '-j', 'DROP')
    const agent = await startAgent(lab)
    const waiting = a.start('python3', '-c', connect(b.ip, 87, 43_003, 600))
    await agent.sees('the first question to be dropped', (row) => row.dest_port === 87 && row.reporter === 'dst')
    await waiting.stop('SIGKILL')
    const rows = await agent.stop()
    const last = rowsOf(rows, 87, 'src').at(-1)
    expect(last).toMatchObject({ outcome: 'unanswered', process_name: 'python3', pod_uid: a.uid })
    expect(total(rowsOf(rows, 87, 'src'), 'num_flows_completed')).toBe(1)
    expect(kept(rows, 87, 'src').at(-1)).toMatchObject({ went: 'unanswered', source: { ip: a.ip, port: 43_003 } })
  })

  it('a peer that fell silent after the handshake: reset by neither, and what was sent in vain is told', async () => {
    await b.serve(listener(88, 'time.sleep(600)'))
    const agent = await startAgent(lab)
    // Gives up after a second without an answer.
    const giveUp = 'print("ready",flush=True); s.recv(1)'
    const client = await a.serve(
      connect(b.ip, 88, 43_004, 600, 'signal.signal(signal.SIGUSR1,lambda *x: s.sendall(b"hello")); ' + giveUp).replace(
        's.settimeout(600)',
        's.settimeout(600); s.setsockopt(6,18,1000)',
      ),
    )
    lab.inNetns(b.netns, 'iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '88', '-j', 'DROP')
    client.process.kill('SIGUSR1')
    await client.says('timed out')
    const rows = await agent.stop()
    expect(kept(rows, 88, 'src')).toMatchObject([{ went: 'reset', endedBy: 'silence', source: { port: 43_004 } }])
  })
})
