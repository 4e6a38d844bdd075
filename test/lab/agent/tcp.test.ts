// TCP on the real kernel, against known-faults A1, A2, A4, A5, A6 and A8: direction, names, reuse, addresses, round trips,
// namespaces that come and go.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAgent, total } from '../agent-process.ts'
import type { PrintedRow } from '../agent-process.ts'
import { createLab } from '../lab.ts'
import type { Lab, Pod } from '../lab.ts'
import { echoing, firstSyn, listener } from '../listener.ts'

const flowsTo = (rows: readonly PrintedRow[], port: number) =>
  rows.filter(({ log, dest_port: to, reporter }) => log === 'flows' && to === port && reporter !== 'fwd')
const by = (rows: readonly PrintedRow[], reporter: string) => rows.filter((row) => row.reporter === reporter)
const values = (rows: readonly PrintedRow[], field: string) => [...new Set(rows.map((row) => row[field]))]

const sending = 'c.sendall(b"x"*1000000); c.close()'

/** One client port for all connections, each ended by RST. */
const reuse = `
import socket,struct,time
t=0
for i in range(20):
  s=socket.socket(); s.setsockopt(1,2,1); s.setsockopt(1,13,struct.pack("ii",1,0))
  s.bind(("",40000)); s.connect(("10.77.0.2",81)); n=0
  while n<1000000: n+=len(s.recv(65536))
  t+=n; s.close(); time.sleep(.05)
print(t)
`

const oneEcho = (address: string, family = 'AF_INET') => `
import socket
s=socket.socket(socket.${family}); s.connect(("${address}",82)); s.sendall(b"hello"); s.recv(100); s.close()
`

describe('TCP flows', () => {
  let lab: Lab
  let a: Pod
  let b: Pod
  beforeAll(() => {
    lab = createLab()
    a = lab.pod('a', 1)
    b = lab.pod('b', 2)
  })
  afterAll(() => lab.close())

  it('counts twenty connections that reuse one five-tuple, and their bytes, without a jump', async () => {
    await b.serve(listener(81, sending))
    const agent = await startAgent(lab)
    const client = await a.python(reuse)
    expect(client.stdout).toBe('20000000\n')
    const rows = flowsTo(await agent.stop(), 81)
    for (const reporter of ['src', 'dst']) {
      const seen = by(rows, reporter)
      expect([reporter, total(seen, 'num_flows_started')]).toEqual([reporter, 20])
      expect(total(seen, 'num_flows_completed')).toBe(20)
      const bytes = total(seen, reporter === 'src' ? 'bytes_in' : 'bytes_out')
      // Payload and one header of 52 bytes for each 1,448 of it, and no more than a few percent beside.
      expect(bytes).toBeGreaterThan(20_000_000)
      expect(bytes).toBeLessThan(20_000_000 * 1.06)
      for (const row of seen) expect(Number(row.bytes_in) + Number(row.bytes_out)).toBeLessThan(2 ** 31)
    }
    expect(values(by(rows, 'src'), 'process_name')).toEqual(['python3'])
    expect(values(by(rows, 'src'), 'pod_uid')).toEqual([a.uid])
    expect(values(by(rows, 'dst'), 'pod_uid')).toEqual([b.uid])
    expect(values(by(rows, 'dst'), 'container')).toEqual([b.containerId.slice(0, 12)])
  })

  it('prints IPv4 over a dual-stack socket as IPv4, one flow a connection', async () => {
    await b.serve(listener(82, echoing, { address: '::' }))
    const agent = await startAgent(lab)
    await a.python(oneEcho('10.77.0.2'))
    await a.python(oneEcho('::ffff:10.77.0.2', 'AF_INET6'))
    await a.python(oneEcho('fd77::2', 'AF_INET6'))
    const rows = flowsTo(await agent.stop(), 82)
    for (const reporter of ['src', 'dst']) {
      const seen = by(rows, reporter)
      expect(total(seen, 'num_flows_started')).toBe(3)
      const v4 = seen.filter((row) => row.dest_ip === '10.77.0.2')
      expect(total(v4, 'num_flows_started')).toBe(2)
      expect(values(v4, 'source_ip')).toEqual(['10.77.0.1'])
      expect(
        values(
          seen.filter((row) => !v4.includes(row)),
          'dest_ip',
        ),
      ).toEqual(['fd77::2'])
    }
  })

  it('knows who started a connection that is older than the agent, from who listens', async () => {
    const listener = b.start('ncat', '-lk', '50055')
    await b.listens(50055)
    const holder = await a.serve(`
import socket,sys,time,signal
s=socket.socket(); s.setsockopt(1,2,1); s.bind(("",1024)); s.connect(("10.77.0.2",50055)); print("ready")
signal.sigwait([signal.SIGUSR1]) if signal.pthread_sigmask(signal.SIG_BLOCK,[signal.SIGUSR1]) is not None else 0
s.sendall(b"x"*1000000); s.close(); time.sleep(.1)
`)
    const agent = await startAgent(lab)
    holder.process.kill('SIGUSR1')
    await agent.sees('both reporters of the old connection', (row) => row.dest_port === 50055 && row.reporter === 'dst')
    await listener.stop()
    const rows = flowsTo(await agent.stop(), 50055)
    for (const reporter of ['src', 'dst']) {
      const seen = by(rows, reporter)
      expect(values(seen, 'source_ip')).toEqual(['10.77.0.1'])
      expect(values(seen, 'direction')).toEqual([reporter === 'src' ? 'egress' : 'ingress'])
      expect(values(seen, 'partial')).toEqual([true])
      expect(total(seen, reporter === 'src' ? 'bytes_out' : 'bytes_in')).toBeGreaterThan(1_000_000)
    }
  })

  it('says unknown where nobody listens any more', async () => {
    const listener = await b.serve(`
import socket,time,signal
signal.pthread_sigmask(signal.SIG_BLOCK,[signal.SIGUSR1])
s=socket.create_server(("",50056)); print("ready"); c,_=s.accept(); s.close(); print("alone"); signal.sigwait([signal.SIGUSR1]); c.sendall(b"x"*1000); time.sleep(.2); c.close()
`)
    const holder = a.start('ncat', '10.77.0.2', '50056')
    await listener.says('alone')
    const agent = await startAgent(lab)
    listener.process.kill('SIGUSR1')
    await agent.sees('the old connection', (row) => row.source_ip === '10.77.0.2')
    await holder.stop()
    const rows = (await agent.stop()).filter(
      (row) => row.dest_port === 50056 || (row.source_ip === '10.77.0.2' && row.dest_ip === '10.77.0.1'),
    )
    expect(rows.length).toBeGreaterThan(0)
    expect(values(rows, 'direction')).toEqual(['unknown'])
  })

  it('measures the round trip and not the repeated SYN', async () => {
    await b.serve(listener(82, echoing))
    const drop = [...firstSyn(82), '-j', 'DROP']
    lab.inNetns(b.netns, 'iptables', '-I', 'INPUT', ...drop)
    const agent = await startAgent(lab)
    await a.python(oneEcho('10.77.0.2'))
    await a.python(`
import socket
s=socket.create_server(("127.0.0.1",83)); c=socket.create_connection(("127.0.0.1",83)); d,_=s.accept()
c.sendall(b"x"*100); d.recv(100); d.sendall(b"y"); c.recv(1); c.close(); d.close()
`)
    lab.inNetns(b.netns, 'iptables', '-D', 'INPUT', ...drop)
    const rows = await agent.stop()
    const connected = flowsTo(rows, 82).filter((row) => row.outcome === 'established')
    expect(total(by(connected, 'src'), 'num_flows_started')).toBe(1)
    // A busy machine may acknowledge so late that more is repeated.
    expect(total(by(connected, 'src'), 'tcp_total_retransmissions')).toBeGreaterThanOrEqual(1)
    for (const row of connected) {
      expect(row.tcp_max_smooth_rtt ?? 1).toBeGreaterThan(0)
      // A SYN is repeated after a second.
      expect(row.tcp_max_smooth_rtt ?? 1).toBeLessThan(1_000_000)
    }
    const dropped = flowsTo(rows, 82).filter((row) => row.outcome === 'dropped')
    expect(dropped).toMatchObject([
      { reporter: 'dst', action: 'deny', drop_reason: 'NETFILTER_DROP', dest_ip: '10.77.0.2' },
    ])
    const loopback = flowsTo(rows, 83)
    expect(values(loopback, 'local')).toEqual([true])
    for (const row of loopback) expect(Number(row.tcp_max_smooth_rtt ?? 1)).toBeGreaterThan(0)
  })

  it('names refused, unanswered and denied connections and the process that tried', async () => {
    lab.inNetns(a.netns, 'iptables', '-A', 'OUTPUT', '-p', 'tcp', '--dport', '90', '-j', 'DROP')
    const agent = await startAgent(lab)
    await a.run('curl', '-s', '-m', '1', 'http://10.77.0.2:84/')
    await a.run('curl', '-s', '-m', '1', 'http://10.77.0.99:85/')
    await a.run('curl', '-s', '-m', '1', '-u', 'me:secret', 'http://10.77.0.2:90/')
    lab.inNetns(a.netns, 'iptables', '-F', 'OUTPUT')
    lab.inNetns(b.netns, 'ip6tables', '-A', 'INPUT', '-p', 'tcp', '--dport', '91', '-j', 'DROP')
    await a.run('curl', '-s', '-m', '1', 'http://[fd77::2]:91/')
    lab.inNetns(b.netns, 'ip6tables', '-F', 'INPUT')
    const rows = await agent.stop()
    expect(by(flowsTo(rows, 91), 'src').at(-1)).toMatchObject({ outcome: 'unanswered', action: 'allow', bytes_in: 0 })
    expect(by(flowsTo(rows, 91), 'dst')[0]).toMatchObject({
      outcome: 'dropped',
      action: 'deny',
      drop_reason: 'NETFILTER_DROP',
      source_ip: 'fd77::1',
      dest_ip: 'fd77::2',
    })
    expect(by(flowsTo(rows, 84), 'src')).toMatchObject([{ outcome: 'refused', action: 'allow', process_name: 'curl' }])
    expect(by(flowsTo(rows, 84), 'dst')).toMatchObject([{ outcome: 'refused', drop_reason: 'NO_SOCKET' }])
    expect(values(by(flowsTo(rows, 85), 'src'), 'outcome')).toEqual(['unanswered'])
    const denied = by(flowsTo(rows, 90), 'src')
    expect(values(denied, 'action')).toEqual(['deny'])
    expect(denied.at(-1)).toMatchObject({ outcome: 'dropped', drop_reason: 'NETFILTER_DROP', process_name: 'curl' })
    expect(denied.at(-1)!.process_args).toEqual(['curl -s -m 1 -u [REDACTED] http://10.77.0.2:90/'])
    expect(total(denied, 'bytes_in')).toBe(0)
  })

  it('sees a namespace made after the start, one in it, and another of the same name and address', async () => {
    await b.serve(listener(86, echoing))
    const agent = await startAgent(lab)
    const first = lab.pod('d', 4)
    await first.python(oneEcho('10.77.0.2').replace('82', '86'))
    lab.removePod(first)
    const second = lab.pod('d', 4)
    await second.python(oneEcho('10.77.0.2').replace('82', '86'))
    const nested = await second.run(
      'unshare',
      '--net',
      'sh',
      '-c',
      'ip link set lo up; ncat -l 127.0.0.1 87 & until ss -Hltn | grep -q :87; do sleep 0.05; done; echo x | ncat 127.0.0.1 87',
    )
    expect(nested.code).toBe(0)
    const rows = await agent.stop()
    const seen = by(flowsTo(rows, 86), 'src')
    expect(new Set(values(seen, 'pod_uid'))).toEqual(new Set([first.uid, second.uid]))
    // Not by netns: the kernel may give the second the number that the first has left.
    expect(total(seen, 'num_flows_started')).toBe(2)
    expect(total(by(flowsTo(rows, 87), 'src'), 'num_flows_started')).toBe(1)
  })
})
