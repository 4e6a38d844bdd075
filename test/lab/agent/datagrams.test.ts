// UDP and ICMP on the real kernel: counts against what the programs sent, direction, and services behind DNAT.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAgent, total } from '../agent-process.ts'
import { createLab } from '../lab.ts'
import type { Lab, Pod } from '../lab.ts'

const echo = `
import socket,sys
s=socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET,socket.SOCK_DGRAM); s.bind((sys.argv[1],7000)); print("ready")
while 1:
  d,p=s.recvfrom(2000); s.sendto(d,p)
`
const client = `
import socket,sys
s=socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET,socket.SOCK_DGRAM); s.settimeout(20)
for i in range(int(sys.argv[3])): s.sendto(b"x"*100,(sys.argv[1],int(sys.argv[2]))); s.recv(2000) if sys.argv[4]=="wait" else None
`

/** Three echo requests of 64 bytes, each answered before the next. */
const ping = `
import socket,struct,sys
six=":" in sys.argv[1]
def sum16(d):
  t=sum(struct.unpack(">%dH"%(len(d)//2),d)); t=(t>>16)+(t&0xffff); return ~(t+(t>>16))&0xffff
s=socket.socket(socket.AF_INET6 if six else socket.AF_INET,socket.SOCK_RAW,58 if six else 1); s.settimeout(20); s.connect((sys.argv[1],0))
# Only echo replies reach the socket, not the neighbour's discovery.
if six: s.setsockopt(58,1,b"\\xff"*16+b"\\xfd"+b"\\xff"*15)
for i in range(3):
  m=struct.pack(">BBHHH",128 if six else 8,0,0,77,i)+b"x"*56
  if not six: m=m[:2]+struct.pack(">H",sum16(m))+m[4:]
  s.send(m)
  while s.recv(2000)[0 if six else 20] != (129 if six else 0): pass
`

describe('UDP and ICMP', () => {
  let lab: Lab
  let a: Pod
  let b: Pod
  beforeAll(async () => {
    lab = createLab()
    a = lab.pod('a', 1)
    b = lab.pod('b', 2)
  })
  afterAll(() => lab.close())

  it.each([
    ['10.77.0.2', 28],
    ['fd77::2', 48],
  ] as const)(
    'counts every packet to %s and back, with %i bytes of headers each, at both ends',
    async (address, headers) => {
      const server = await b.serve(echo, address)
      const agent = await startAgent(lab)
      // The server is older than the agent: what comes in the first seconds may be the middle of something.
      await new Promise((resolve) => setTimeout(resolve, 5500))
      expect((await a.python(client, address, '7000', '30', 'wait')).code).toBe(0)
      const rows = (await agent.stop()).filter((row) => row.dest_port === 7000)
      await server.stop()
      for (const reporter of ['src', 'dst']) {
        const seen = rows.filter((row) => row.reporter === reporter)
        expect(
          new Set(seen.map((row) => [row.outcome, row.source_ip === a.ip || row.source_ip === a.ip6].join())),
        ).toEqual(new Set(['established,true']))
        for (const way of ['in', 'out']) {
          expect(total(seen, `packets_${way}`)).toBe(30)
          expect(total(seen, `bytes_${way}`)).toBe(30 * (100 + headers))
        }
        expect(total(seen, 'num_flows_started')).toBe(1)
        expect(new Set(seen.map((row) => row.process_name))).toEqual(new Set(['python3']))
      }
    },
  )

  it('says unanswered where nothing comes back, and refused where nobody listens', async () => {
    const agent = await startAgent(lab)
    await a.python(client, '10.77.0.2', '7001', '3', 'no')
    await a.python(client, '10.77.0.99', '7002', '3', 'no')
    const rows = await agent.stop()
    expect(rows.filter((row) => row.dest_port === 7002)).toMatchObject([
      { outcome: 'unanswered', bytes_in: 0, packets_out: 3 },
    ])
    const dst = rows.filter((row) => row.dest_port === 7001 && row.reporter === 'dst')
    expect(dst.map((row) => [row.outcome, row.drop_reason])).toEqual([['refused', 'NO_SOCKET']])
    expect(total(dst, 'packets_in')).toBe(3)
  })

  it('an answer that takes its time is an answer: what was sent waits for it', async () => {
    const slow = `
import socket,time
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.bind(("10.77.0.2",7003)); print("ready")
while 1:
  d,p=s.recvfrom(2000); time.sleep(.6); s.sendto(d,p)
`
    // Intervals end with the second: it lies between question and answer, and both are far from it.
    const late = `import time\ntime.sleep((.7-time.time())%1)\n${client}`
    const server = await b.serve(slow)
    const agent = await startAgent(lab)
    for (let i = 0; i < 3; i++) expect((await a.python(late, '10.77.0.2', '7003', '1', 'wait')).code).toBe(0)
    const rows = (await agent.stop()).filter((row) => row.dest_port === 7003 && row.reporter === 'src')
    await server.stop()
    expect(new Set(rows.map((row) => row.outcome))).toEqual(new Set(['established']))
    expect([total(rows, 'num_flows_started'), total(rows, 'packets_out'), total(rows, 'packets_in')]).toEqual([3, 3, 3])
  })

  it('counts pings of both families', async () => {
    const agent = await startAgent(lab)
    expect((await a.python(ping, '10.77.0.2')).stderr).toBe('')
    expect((await a.python(ping, 'fd77::2')).stderr).toBe('')
    const rows = (await agent.stop()).filter((row) => row.dest_ip === b.ip || row.dest_ip === b.ip6)
    for (const [proto, bytes] of [
      ['icmp', 84],
      ['icmp6', 104],
    ] as const) {
      const seen = rows.filter((row) => row.proto === proto && row.outcome === 'established')
      expect([proto, total(seen, 'packets_out'), total(seen, 'packets_in')]).toEqual([proto, 3, 3])
      expect(total(seen, 'bytes_out')).toBe(3 * bytes)
      expect(seen[0]!.dest_port).toBeUndefined()
    }
  })

  it('tells a service that was dialled from its pod reached directly', async () => {
    const nat = ['-p', 'tcp', '-d', '10.96.0.10', '--dport', '80', '-j', 'DNAT', '--to-destination', '10.77.0.2:8080']
    lab.inNetns(lab.hub, 'sysctl', '-qw', 'net.ipv4.ip_forward=1')
    lab.inNetns(lab.hub, 'iptables', '-t', 'nat', '-A', 'PREROUTING', ...nat)
    const snat = [
      '-p',
      'tcp',
      '-d',
      '10.77.0.2',
      '--dport',
      '8080',
      '-m',
      'conntrack',
      '--ctstate',
      'DNAT',
      '-j',
      'MASQUERADE',
    ]
    lab.inNetns(lab.hub, 'iptables', '-t', 'nat', '-A', 'POSTROUTING', ...snat)
    const server = b.start('python3', '-m', 'http.server', '8080', '--bind', '10.77.0.2')
    await b.listens(8080)
    const agent = await startAgent(lab)
    for (let i = 0; i < 20; i++) {
      expect((await a.run('curl', '-s', '-o', '/dev/null', 'http://10.96.0.10/')).code).toBe(0)
      expect((await a.run('curl', '-s', '-o', '/dev/null', 'http://10.77.0.2:8080/')).code).toBe(0)
    }
    const rows = (await agent.stop()).filter(
      (row) => row.log === 'flows' && row.reporter === 'src' && row.process_name === 'curl',
    )
    await server.stop()
    expect(new Set(rows.map((row) => `${String(row.dest_ip)}:${String(row.dest_port)}`))).toEqual(
      new Set(['10.77.0.2:8080']),
    )
    const dialled = rows.filter((row) => row.dialled_ip !== undefined)
    expect(new Set(dialled.map((row) => `${String(row.dialled_ip)}:${String(row.dialled_port)}`))).toEqual(
      new Set(['10.96.0.10:80']),
    )
    expect(total(dialled, 'num_flows_started')).toBe(20)
    expect(total(rows, 'num_flows_started')).toBe(40)
  })
})
