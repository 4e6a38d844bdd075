// What bytes mean, held against a witness that the agent does not read: conntrack's accounting in the client's namespace.
// bytes_* and packets_* are IP-level; the distance allowed is 1 % of a connection's bytes, or 100.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAgent, total } from '../agent-process.ts'
import type { PrintedRow } from '../agent-process.ts'
import { createLab } from '../lab.ts'
import type { Lab, Pod } from '../lab.ts'

const server = `
import socket,threading
def serve(c):
  n=int(c.recv(16).split(b"\\n")[0]); left=n
  if n>=0:
    c.sendall(b"y"*n)
  else:
    while left<0: left+=len(c.recv(65536))
  try: c.shutdown(1)
  except OSError: pass
  while c.recv(65536): pass
  c.close()
import sys
s=socket.create_server((sys.argv[1],81),family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET); print("ready")
while 1:
  c,_=s.accept(); threading.Thread(target=serve,args=(c,)).start()
`
const client = `
import socket,sys
n=int(sys.argv[2]); s=socket.create_connection((sys.argv[1],81)); s.sendall((str(n)+"\\n").encode().ljust(16))
if n<0: s.sendall(b"x"*-n)
got=0
while 1:
  d=s.recv(65536)
  if not d: break
  got+=len(d)
s.close(); print(got)
`

/** Bytes of the largest packet between the pods. */
const mtu = 1_500

interface Counted {
  readonly bytes: readonly [out: number, back: number]
  readonly packets: readonly [out: number, back: number]
}

describe('bytes and packets of TCP', () => {
  let lab: Lab
  let a: Pod
  let b: Pod
  beforeAll(async () => {
    lab = createLab()
    a = lab.pod('a', 1)
    b = lab.pod('b', 2)
    for (const tables of ['iptables', 'ip6tables']) {
      lab.inNetns(a.netns, tables, '-A', 'OUTPUT', '-m', 'conntrack', '--ctstate', 'INVALID', '-j', 'ACCEPT')
    }
    lab.inNetns(a.netns, 'sysctl', '-qw', 'net.netfilter.nf_conntrack_acct=1')
    await b.serve(server, '10.77.0.2')
    await b.serve(server, 'fd77::2')
  })
  afterAll(() => lab.close())

  /** Sums of conntrack's counters over the connections to port 81. */
  const witness = (family: string): Counted => {
    const text = lab.inNetns(a.netns, 'conntrack', '-L', '-f', family, '-p', 'tcp', '--dport', '81')
    const sum = (word: string, which: number) =>
      text
        .split('\n')
        .map((line) => Number([...line.matchAll(new RegExp(`${word}=(\\d+)`, 'g'))][which]?.[1] ?? 0))
        .reduce((all, one) => all + one, 0)
    return { bytes: [sum('bytes', 0), sum('bytes', 1)], packets: [sum('packets', 0), sum('packets', 1)] }
  }

  /**
   * Of what the connections moved in all: where packets are lost, acknowledgements carry lists that nobody counts. What was
   * sent again, conntrack counts twice and the program that receives it once.
   */
  const near = (
    what: string,
    seen: number,
    counted: number,
    { bytes, resent }: Counted & { readonly resent: number },
    connections: number,
  ) => {
    const allowed = Math.max((bytes[0] + bytes[1]) * 0.01, 100 * connections) + resent * mtu
    expect(Math.abs(seen - counted), `${what}: ${seen} seen, ${counted} counted`).toBeLessThanOrEqual(allowed)
  }

  it.each([
    ['ipv4', '10.77.0.2', 'twenty short exchanges', 20, 100],
    ['ipv4', '10.77.0.2', 'a download of 5 MB', 1, 5_000_000],
    ['ipv4', '10.77.0.2', 'an upload of 5 MB, answered by bare acknowledgements', 1, -5_000_000],
    ['ipv6', 'fd77::2', 'a download of 2 MB', 1, 2_000_000],
    ['ipv6', 'fd77::2', 'ten empty answers', 10, 0],
  ] as const)('%s to %s: %s agree with conntrack on both sides', async (family, address, _what, connections, size) => {
    lab.inNetns(a.netns, 'conntrack', '-F')
    const agent = await startAgent(lab)
    for (let i = 0; i < connections; i++) {
      expect((await a.python(client, address, String(size))).stdout).toBe(`${Math.max(size, 0)}\n`)
    }
    const rows: readonly PrintedRow[] = await agent.stop()
    const resent = total(
      rows.filter((row) => row.log === 'flows' && row.dest_port === 81),
      'tcp_total_retransmissions',
    )
    const counted = { ...witness(family), resent }
    const { bytes, packets } = counted
    expect(bytes[0]).toBeGreaterThan(0)
    for (const [reporter, out, back] of [
      ['src', 'out', 'in'],
      ['dst', 'in', 'out'],
    ] as const) {
      const seen = rows.filter((row) => row.log === 'flows' && row.dest_port === 81 && row.reporter === reporter)
      expect(total(seen, 'num_flows_completed')).toBe(connections)
      near(`${reporter} bytes sent by the client`, total(seen, `bytes_${out}`), bytes[0], counted, connections)
      near(`${reporter} bytes sent by the server`, total(seen, `bytes_${back}`), bytes[1], counted, connections)
      expect(Math.abs(total(seen, `packets_${out}`) - packets[0])).toBeLessThanOrEqual(
        Math.max(2 * connections, packets[0] * 0.01) + resent,
      )
      expect(Math.abs(total(seen, `packets_${back}`) - packets[1])).toBeLessThanOrEqual(
        Math.max(2 * connections, packets[1] * 0.01) + resent,
      )
    }
  })
})
