// DNS on the real kernel, against known-faults B1 to B4: segments and pipelines over TCP, letter case, reuse of ids,
// hostile encodings; and the names that a client asked for before it connected.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startAgent, total } from '../agent-process.ts'
import type { AgentProcess, PrintedRow } from '../agent-process.ts'
import { createLab } from '../lab.ts'
import type { Lab, Pod, Running } from '../lab.ts'

const dnsOf = (rows: readonly PrintedRow[]) => rows.filter(({ log }) => log === 'dns')

/** Two 1-byte segments for the length, a query in two halves, then two queries in one segment. */
const odd = `
import socket,time,struct
def q(i,n): return struct.pack(">6H",i,256,1,0,0,0)+b"".join(bytes([len(x)])+x for x in n.split(b"."))+b"\\0\\0\\1\\0\\1"
a,b=q(1,b"x.test"),q(2,b"y.test"); f=lambda m: struct.pack(">H",len(m))+m
s=socket.create_connection(("10.77.0.2",53)); s.setsockopt(6,1,1)
for x in f(a)[:2]: s.send(bytes([x])); time.sleep(.05)
s.send(a[:5]); time.sleep(.05); s.send(a[5:]); time.sleep(.3)
s.send(f(a)+f(b))
for i in range(3): s.recv(struct.unpack(">H",s.recv(2,256))[0],256)
`

/** Answers over TCP: the first question at once, the next two in reverse order and in one segment. */
const reversing = `
import socket,struct
def read(c,n):
  d=b""
  while len(d)<n: d+=c.recv(n-len(d))
  return d
def question(c): return read(c,struct.unpack(">H",read(c,2))[0])
def reply(q):
  m=q[:2]+b"\\x81\\x80"+q[4:6]+b"\\0\\1\\0\\0\\0\\0"+q[12:]+b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4\\x0a\\x4d\\0\\2"
  return struct.pack(">H",len(m))+m
s=socket.create_server(("10.77.0.2",53)); print("ready")
while 1:
  c,_=s.accept(); c.sendall(reply(question(c))); a,b=question(c),question(c); c.sendall(reply(b)+reply(a))
`

/** Answers a question with a fixed message; the id is the question's. */
const fixed = `
import socket,sys
R=bytes.fromhex(sys.argv[1]); s=socket.socket(2,2); s.bind(("10.77.0.2",53)); print("ready")
while 1:
  q,p=s.recvfrom(4096); s.sendto(q[:2]+R[2:],p)
`
const ask = `
import socket,struct
s=socket.socket(2,2); s.settimeout(20); s.sendto(bytes.fromhex("123401000001000000000000017804746573740000010001"),("10.77.0.2",53)); print(len(s.recv(4096)))
`

/** Takes every question and answers none. */
const silent = `
import socket
s=socket.socket(2,2); s.bind(("10.77.0.2",53)); print("ready")
while 1: s.recvfrom(4096)
`
/** Asks once more from its socket, as a resolver that waits in vain; what `dig` does then depends on its version and the errors it is told. */
const askInVain = `
import socket,time
q=bytes.fromhex("123401000001000000000000066e6f626f6479047465737400000100"+"01"); s=socket.socket(2,2)
for _ in range(2): s.sendto(q,("10.77.0.2",53)); time.sleep(.3)
`

/** Answers after 5 ms; a question for "again" only when it comes a second time. */
const slow = `
import socket,time
s=socket.socket(2,2); s.bind(("10.77.0.2",53)); print("ready"); seen=0
while 1:
  q,p=s.recvfrom(4096)
  if b"again" in q:
    seen+=1
    if seen<2: continue
  time.sleep(.005); s.sendto(q[:2]+b"\\x81\\x80"+q[4:],p)
`
const fixedPort = `
import socket,time,struct
def q(n): return struct.pack(">6H",0x1234,256,1,0,0,0)+b"".join(bytes([len(x)])+x for x in n.split(b"."))+b"\\0\\0\\1\\0\\1"
s=socket.socket(2,2); s.bind(("",5300)); s.settimeout(30)
def once(n): s.sendto(q(n),("10.77.0.2",53)); s.recv(4096)
once(b"twice.test"); time.sleep(3); once(b"twice.test")
s.sendto(q(b"again.test"),("10.77.0.2",53)); time.sleep(1.2); once(b"again.test")
`

const head = '123481800001000000000000'
const malformed = {
  'a pointer to itself': `${head}c00c00010001`,
  'two pointers to each other': `${head}c00ec00c00010001`,
  'a label and a pointer back to it': `${head}0161c00c00010001`,
  'a pointer past the end': `${head}c3ff00010001`,
  'a name over 255 bytes': `${head}${`3f${'61'.repeat(63)}`.repeat(5)}0000010001`,
  'a reserved label type': `${head}41610000010001`,
} as const
const questionHex = '017804746573740000010001'
const legal = {
  'a pointer to a pointer': `123481800001000200000000${questionHex}c00c000100010000003c00040a4d0002c018000100010000003c00040a4d0003`,
  'no compression': `123481800001000100000000${questionHex}0178047465737400000100010000003c00040a4d0002`,
} as const

describe('DNS log', () => {
  let lab: Lab
  let a: Pod
  let b: Pod
  const running: Running[] = []
  const serve = async (source: string, ...args: string[]) => running.push(await b.serve(source, ...args))
  beforeAll(() => {
    lab = createLab()
    a = lab.pod('a', 1)
    b = lab.pod('b', 2)
  })
  afterEach(async () => {
    for (const program of running.splice(0)) await program.stop('SIGKILL')
  })
  afterAll(() => lab.close())

  const dnsmasq = async () => {
    running.push(
      b.start(
        'dnsmasq',
        '-k',
        '--no-resolv',
        '--no-hosts',
        '--user=root',
        '--pid-file=',
        '--address=/example.test/10.77.0.2',
        '--address=/none.test/',
        // Two names lie between this one and its address.
        '--cname=bucket.company.test,x.cdn.test',
        '--cname=x.cdn.test,bucket.s3.test',
        '--host-record=bucket.s3.test,10.77.0.2',
      ),
    )
    await b.listens(53, 'udp')
  }

  it('puts questions over TCP together from odd segments, and pairs answers in any order', async () => {
    await serve(reversing)
    const agent = await startAgent(lab)
    expect((await a.python(odd)).code).toBe(0)
    const rows = dnsOf(await agent.stop())
    const counts = Object.fromEntries(
      ['x.test', 'y.test'].map((name) => [name, rows.filter((row) => row.qname === name)]),
    )
    expect(total(counts['x.test']!, 'count')).toBe(2)
    expect(total(counts['y.test']!, 'count')).toBe(1)
    for (const row of rows) {
      expect(row).toMatchObject({
        transport: 'tcp',
        rcode: 'NOERROR',
        outcome: 'answered',
        qtype: 'A',
        process_name: 'python3',
      })
      expect(row.latency_count).toBe(row.count)
      expect(row.rrsets).toEqual([{ name: row.qname, type: 'A', class: 'IN', rdata: ['10.77.0.2'] }])
    }
  })

  it('takes names without case and final dot as one, and keeps codes and failures', async () => {
    await dnsmasq()
    const agent = await startAgent(lab)
    await a.run('dig', '+short', '@10.77.0.2', 'WwW.ExAmPlE.test.')
    await a.run('dig', '+short', '@10.77.0.2', 'www.example.test')
    await a.run('dig', '@10.77.0.2', 'missing.none.test')
    await a.run('dig', '+tries=1', '+time=20', '@10.77.0.2', '-p', '53', 'refused.elsewhere')
    const rows = dnsOf(await agent.stop())
    const pairs = rows.map((row) => [row.qname, row.rcode, row.outcome])
    expect(
      total(
        rows.filter((row) => row.qname === 'www.example.test' && row.rcode === 'NOERROR'),
        'latency_count',
      ),
    ).toBe(2)
    expect(pairs).toContainEqual(['missing.none.test', 'NXDOMAIN', 'answered'])
    expect(pairs).toContainEqual(['refused.elsewhere', 'REFUSED', 'answered'])
    expect(rows.every((row) => row.pod_uid === a.uid && row.client_ip === '10.77.0.1')).toBe(true)
  })

  it('notes the names between the one that was asked for and the address of the connection', async () => {
    await dnsmasq()
    const agent = await startAgent(lab)
    await a.run('dig', '+short', '@10.77.0.2', 'Bucket.COMPANY.test')
    await a.run('ncat', '-z', '-w', '2', '10.77.0.2', '99')
    await a.run('dig', '+short', '@10.77.0.2', 'www.example.test')
    await a.run('ncat', '-z', '-w', '2', '10.77.0.2', '98')
    await a.run('dig', '+short', '@10.77.0.2', 'bucket.s3.test')
    await a.run('ncat', '-z', '-w', '2', '10.77.0.2', '97')
    const rows = await agent.stop()
    const namesAt = (port: number) => {
      const [row] = rows.filter(({ dest_port: to, reporter }) => to === port && reporter === 'src')
      return [row?.dest_domains, row?.dest_domain_aliases]
    }
    const aliases = ['x.cdn.test', 'bucket.s3.test']
    expect(namesAt(99)).toEqual([['bucket.company.test'], aliases])
    expect(namesAt(98)).toEqual([['www.example.test', 'bucket.company.test'], aliases])
    expect(namesAt(97)).toEqual([['bucket.s3.test', 'www.example.test', 'bucket.company.test'], ['x.cdn.test']])
  })

  it('measures each lookup by itself where id and port come again, and counts tries', async () => {
    await serve(slow)
    const agent = await startAgent(lab)
    expect((await a.python(fixedPort)).code).toBe(0)
    const rows = dnsOf(await agent.stop())
    const twice = rows.filter((row) => row.qname === 'twice.test')
    expect(total(twice, 'count')).toBe(2)
    expect(total(twice, 'tries')).toBe(2)
    for (const row of twice) {
      expect(Number(row.latency_max)).toBeGreaterThan(4e6)
      // Three seconds lie between the two.
      expect(Number(row.latency_max)).toBeLessThan(3e9)
    }
    const again = rows.filter((row) => row.qname === 'again.test')
    expect(again).toMatchObject([{ count: 1, tries: 2, outcome: 'answered' }])
    // Of the try that was answered, which came so much later than the first.
    expect(Number(again[0]!.latency_max)).toBeLessThan(1.2e9)
  })

  it('says unanswered once nobody answered in time', async () => {
    await serve(silent)
    const agent = await startAgent(lab)
    expect((await a.python(askInVain)).code).toBe(0)
    await agent.sees('the unanswered lookup', (row) => row.outcome === 'unanswered' && row.log === 'dns')
    const rows = dnsOf(await agent.stop())
    expect(total(rows, 'count')).toBe(1)
    expect(rows[0]).toMatchObject({ qname: 'nobody.test', outcome: 'unanswered', tries: 2 })
    expect(rows[0]!.latency_mean).toBeUndefined()
  })

  const answeredWith = async (hex: string): Promise<readonly PrintedRow[]> => {
    await serve(fixed, hex)
    const agent: AgentProcess = await startAgent(lab)
    expect((await a.python(ask)).code).toBe(0)
    await a.python(
      'import socket; s=socket.socket(); s.settimeout(1); s.connect_ex(("10.77.0.3",99)); s.connect_ex(("10.77.0.2",99))',
    )
    return agent.stop()
  }

  it.each(Object.entries(malformed))('logs an answer with %s as malformed and goes on', async (_name, hex) => {
    const rows = await answeredWith(hex)
    expect(dnsOf(rows)).toMatchObject([{ qname: 'x.test', outcome: 'malformed', count: 1 }])
    expect(rows.some((row) => row.dest_port === 99)).toBe(true)
  })

  it.each(Object.entries(legal))(
    'decodes an answer with %s whole, and names the connection that follows',
    async (name, hex) => {
      const rows = await answeredWith(hex)
      const addresses = name === 'no compression' ? ['10.77.0.2'] : ['10.77.0.2', '10.77.0.3']
      expect(dnsOf(rows)).toMatchObject([{ qname: 'x.test', outcome: 'answered', rcode: 'NOERROR' }])
      expect(dnsOf(rows)[0]!.rrsets).toEqual([{ name: 'x.test', type: 'A', class: 'IN', rdata: addresses }])
      const connections = rows.filter((row) => row.dest_port === 99 && row.reporter === 'src')
      for (const row of connections) {
        expect([row.dest_ip, row.dest_domains]).toEqual([
          row.dest_ip,
          addresses.includes(String(row.dest_ip)) ? ['x.test'] : undefined,
        ])
      }
      expect(connections.length).toBeGreaterThan(0)
    },
  )
})
