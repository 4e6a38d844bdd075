// The whole product on a small cluster, held against witnesses that it does not read: what programs counted themselves, and
// conntrack's accounting on the node. Connections are exact; bytes are IP-level, within 1 % or 100 bytes a connection.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PolicySimulation } from '@margay/wire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, open, visit } from '../browser/browser.ts'
import { createCluster, namesOf, services, type Cluster } from './cluster.ts'
import { createLab, patienceMs, until, type Lab } from './lab.ts'
import { startLabProduct, type LabProduct, type Row } from './product.ts'

let lab: Lab
let cluster: Cluster
let product: LabProduct
let folder: string

const sum = (rows: readonly Row[], field: string) => rows.reduce((all, row) => all + Number(row[field] ?? 0), 0)
const by = (rows: readonly Row[], reporter: string) => rows.filter((row) => row.reporter === reporter)
const distinct = (rows: readonly Row[], field: string) => [...new Set(rows.map((row) => row[field]))]

/** Whether so many connections have ended at both of their ends. */
const haveEnded = (count: number) => (rows: readonly Row[]) =>
  ['src', 'dst'].every((reporter) => sum(by(rows, reporter), 'num_flows_completed') >= count)

/** Totals as the console has them: each conversation once. */
async function counted(query: string, measure: string): Promise<number> {
  const measures = { total: { sum: measure } }
  const select = { kind: 'groups' as const, by: [], measures, limit: 1 }
  const answer = await product.ask({ logType: 'flows', query, reports: 'counted', select })
  return answer.kind === 'groups' ? Number(answer.groups[0]?.measures.total ?? 0) : 0
}

/** Bytes of the largest packet between pods. */
const mtu = 1500

/** Bytes of segments that TCP sent again, which a witness on the way counts twice and the program that receives them once. */
const resent = (rows: readonly Row[]) => sum(rows, 'tcp_total_retransmissions') * mtu

/** Bytes of the IP packets that left by a pod's interface. */
function sentBy(netns: string): number {
  interface Link {
    readonly stats64: { readonly tx: { readonly bytes: number; readonly packets: number } }
  }
  const [link] = JSON.parse(lab.inNetns(netns, 'ip', '-j', '-s', 'link', 'show', 'dev', 'eth0')) as Link[]
  const { bytes, packets } = link!.stats64.tx
  return bytes - 14 * packets
}

const nginxConfig = (dir: string) => `
user root; master_process off; pid ${dir}/nginx.pid; error_log ${dir}/error.log; daemon off;
events { worker_connections 512; }
http {
  log_format counts '$connection $bytes_sent $request_length';
  access_log ${dir}/access.log counts;
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi; scgi_temp_path ${dir}/scgi; keepalive_timeout 30;
  server { listen 80; listen [::]:80; root ${dir}/www; }
}`

/** What nginx says it did: connections, and bytes of requests and answers without any header of TCP. */
function nginxCounted() {
  const lines = readFileSync(join(folder, 'access.log'), 'utf8').trim().split('\n')
  const numbers = lines.map((line) => line.split(' ').map(Number))
  const total = (at: number) => numbers.reduce((all, line) => all + line[at]!, 0)
  return { connections: new Set(numbers.map(([connection]) => connection)).size, sent: total(1), received: total(2) }
}

/** A policy by which the frontend may go to what goes by a domain, and nowhere else. */
const onlyTo = (domain: string) => `
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: { namespace: shop, name: only-by-name }
spec:
  selector: app == 'frontend'
  types: [Egress]
  egress: [{ action: Allow, destination: { domains: ['${domain}'] } }]
`

/** Answers every question with SERVFAIL after 20 ms, which the lookup's latency must show. */
const failing = `
import socket,time
s=socket.socket(2,2); s.bind(("127.0.0.1",5399)); print("ready")
while 1:
  q,p=s.recvfrom(4096); time.sleep(.02); s.sendto(q[:2]+b"\\x81\\x82"+q[4:],p)
`

/** A program with the lab's resolver in its /etc/resolv.conf, as the kubelet gives a pod its own. */
const withResolver = (...command: readonly string[]) => [
  'unshare',
  ...['-m', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"', join(folder, 'resolv.conf')],
  ...command,
]
const runWithResolver = (...command: readonly string[]) => {
  const [program, ...args] = withResolver(...command)
  return cluster.pods.front.run(program!, ...args)
}

async function startServers(): Promise<void> {
  const { web, api, db, dns } = cluster.pods
  const www = join(folder, 'www')
  mkdirSync(www)
  writeFileSync(join(www, 'small'), 'x'.repeat(100))
  writeFileSync(join(www, 'large'), 'y'.repeat(2_000_000))
  writeFileSync(join(folder, 'nginx.conf'), nginxConfig(folder))
  web.start('nginx', '-c', join(folder, 'nginx.conf'))
  api.start('ncat', '-lk', '8080', '--sh-exec', `wc -c >>${folder}/received`)
  db.start('ncat', '-lk', '5432', '--sh-exec', 'cat')
  db.start('ncat', '-lk', '6000', '--sh-exec', 'cat')
  await dns.serve(failing)
  dns.start(
    'dnsmasq',
    ...['-k', '--no-resolv', '--no-hosts', '--user=root', '--pid-file=', '--cache-size=0'],
    ...['--cname=store.shop.test,bucket.s3.test', `--host-record=bucket.s3.test,${web.ip}`],
    ...[`--address=/web.shop.test/${web.ip}`, '--local=/shop.test/', '--server=/broken.test/127.0.0.1#5399'],
  )
  writeFileSync(join(folder, 'resolv.conf'), `nameserver ${dns.ip}\noptions attempts:1\n`)
  await Promise.all([web.listens(80), api.listens(8080), db.listens(5432), db.listens(6000), dns.listens(53, 'udp')])
}

beforeAll(async () => {
  lab = createLab()
  folder = mkdtempSync(join(tmpdir(), 'margay-lab-'))
  const inventory = join(folder, 'inventory')
  cluster = createCluster(lab, inventory)
  const { ledger, db, front, api } = cluster.pods
  cluster.forwardRules(`ip saddr ${ledger.ip} ip daddr ${db.ip} tcp dport 5432 drop`)
  cluster.podRule(front, 'output', `ip daddr ${api.ip} tcp dport 9091 drop`)
  cluster.podRule(db, 'input', 'tcp dport 6000 drop')
  await startServers()
  product = await startLabProduct(lab, { inventory, client: cluster.pods.front, server: cluster.pods.api })
})

afterAll(async () => {
  await product?.close()
  await lab?.close()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

describe('connections and bytes', () => {
  const conntrack = () => {
    const text = lab.inNetns(
      lab.hub,
      'conntrack',
      '-L',
      '-p',
      'tcp',
      '--src',
      cluster.pods.front.ip,
      '--reply-src',
      cluster.pods.web.ip,
    )
    const bytes = (which: number) =>
      text.split('\n').reduce((all, line) => all + Number([...line.matchAll(/bytes=(\d+)/g)][which]?.[1] ?? 0), 0)
    return {
      out: bytes(0),
      back: bytes(1),
      connections: text.split('\n').filter((line) => line.includes('bytes=')).length,
    }
  }
  const query = 'dest_port: 80 and dest_name_aggr: web-7f9c8d5b4c-*'

  it('are as nginx and conntrack counted them, by both reporters, and once in totals', async () => {
    const { front, web } = cluster.pods
    lab.inNetns(lab.hub, 'conntrack', '-F')
    for (let i = 0; i < 20; i++) await front.run('curl', '-s', '-o', '/dev/null', `http://${web.ip}/small`)
    for (let i = 0; i < 5; i++) {
      await front.run('curl', '-s', '-o', '/dev/null', `http://${services.web.ip}:${services.web.port}/large`)
    }
    // Two requests, one connection.
    await front.run(
      'curl',
      '-s',
      '-o',
      '/dev/null',
      '-o',
      '/dev/null',
      `http://${web.ip}/small`,
      `http://${web.ip}/small`,
    )
    // nginx writes its line when the client has gone already, and closes its end when it comes to it.
    await until('nginx to have counted them', () => nginxCounted().connections >= 26)
    const rows = await product.rowsOnce('flows', query, haveEnded(26))
    const witness = conntrack()
    const application = nginxCounted()
    expect([application.connections, witness.connections]).toEqual([26, 26])
    for (const [reporter, out, back] of [
      ['src', 'bytes_out', 'bytes_in'],
      ['dst', 'bytes_in', 'bytes_out'],
    ] as const) {
      const seen = by(rows, reporter)
      expect([reporter, sum(seen, 'num_flows_started'), sum(seen, 'num_flows_completed')]).toEqual([reporter, 26, 26])
      for (const [field, counted] of [
        [out, witness.out],
        [back, witness.back],
      ] as const) {
        const allowed = Math.max((witness.out + witness.back) * 0.01, 26 * 100) + resent(rows)
        expect(Math.abs(sum(seen, field) - counted), `${reporter} ${field}`).toBeLessThanOrEqual(allowed)
      }
      expect(sum(seen, back)).toBeGreaterThan(application.sent)
      expect(sum(seen, out)).toBeGreaterThan(application.received)
    }
    expect(await counted(query, 'num_flows_started')).toBe(26)
    expect(await counted(query, 'bytes_in')).toBe(sum(by(rows, 'src'), 'bytes_in'))
  })

  it('have the names of pods, workloads, namespaces and the service that was dialled', async () => {
    const rows = await product.rows('flows', query)
    for (const row of rows) {
      expect(row).toMatchObject({
        ...namesOf('front', 'source'),
        ...namesOf('web', 'dest'),
        host: 'lab-node',
        action: 'allow',
      })
      expect(row).toMatchObject({
        source_labels: { labels: ['app=frontend'] },
        dest_labels: { labels: ['app=web', 'tier=edge'] },
      })
    }
    const dialled = by(rows, 'src').filter((row) => row.dest_service_name === 'web')
    expect(sum(dialled, 'num_flows_started')).toBe(5)
    expect(dialled[0]).toMatchObject({
      dest_service_namespace: 'shop',
      dest_service_port: 'http',
      dest_service_port_num: 8080,
    })
  })

  it('have the program and the redacted arguments of a curl that has exited', async () => {
    const { front, web } = cluster.pods
    const secret = 'hunter2'
    const curl = await front.run(
      'curl',
      '-s',
      '-o',
      '/dev/null',
      '--pass',
      secret,
      `http://lab:${secret}@${web.ip}/small?of=args`,
    )
    const ofCurl = `${query} and process_id: "${curl.pid}" and reporter: src`
    const rows = await product.rowsOnce('flows', ofCurl, (found) => sum(found, 'num_flows_completed') === 1)
    expect(sum(rows, 'num_flows_started')).toBe(1)
    for (const row of rows) {
      expect(row).toMatchObject({
        process_name: 'curl',
        process_args: [`curl -s -o /dev/null --pass [REDACTED] http://[REDACTED]@${web.ip}/small?of=args`],
        pod_uid: front.uid,
        container: front.containerId.slice(0, 12),
      })
    }
    expect(JSON.stringify(await product.rows('flows', ''))).not.toContain(secret)
    expect(distinct(by(await product.rows('flows', query), 'dst'), 'process_name')).toEqual(['nginx'])
  })

  it('over IPv6 have the same names', async () => {
    const { front, web } = cluster.pods
    const curl = await front.run('curl', '-sg', '-o', '/dev/null', '-w', '%{http_code}', `http://[${web.ip6}]/small`)
    expect(curl.stdout).toBe('200')
    const rows = await product.rowsOnce('flows', `dest_ip: "${web.ip6}"`, haveEnded(1))
    for (const reporter of ['src', 'dst']) {
      const seen = by(rows, reporter)
      expect(sum(seen, 'num_flows_started')).toBe(1)
      expect(seen[0]).toMatchObject({ ...namesOf('front', 'source'), ...namesOf('web', 'dest'), source_ip: front.ip6 })
    }
  })

  it('of ncat, one that sends 300,000 bytes, are as ncat and the interface of its pod counted', async () => {
    const { ledger, api } = cluster.pods
    const sentBefore = sentBy(ledger.netns)
    await ledger.run('sh', '-c', `head -c 300000 /dev/zero | ncat ${api.ip} 8080`)
    const rows = await product.rowsOnce('flows', `dest_port: 8080 and source_ip: ${ledger.ip}`, haveEnded(1))
    await until('ncat to have counted', () => existsSync(join(folder, 'received')))
    await until('all of it', () => readFileSync(join(folder, 'received'), 'utf8') === '300000\n')
    expect(by(rows, 'src').map((row) => row.process_name)).toContain('ncat')
    const sent = sentBy(ledger.netns) - sentBefore
    for (const [reporter, field] of [
      ['src', 'bytes_out'],
      ['dst', 'bytes_in'],
    ] as const) {
      const bytes = sum(by(rows, reporter), field)
      expect(sum(by(rows, reporter), 'num_flows_started')).toBe(1)
      expect(bytes).toBeGreaterThan(300_000)
      // The interface counts ARP too.
      expect(Math.abs(bytes - sent), `${reporter} of ${sent}`).toBeLessThan(sent / 100 + resent(rows))
    }
  })
})

/** Seconds after which a client gives up what nobody answers. */
const give = '2'

describe('what was not to be', () => {
  it('a rule in the own stack of the source denies, and its row says so', async () => {
    const { front, api } = cluster.pods
    await front.run('curl', '-s', '-m', give, `http://${api.ip}:9091/`)
    await product.settled()
    const rows = await product.rows('flows', 'dest_port: 9091')
    expect(sum(by(rows, 'src'), 'num_flows_started')).toBe(1)
    expect(distinct(rows, 'reporter')).toEqual(['src'])
    expect(by(rows, 'src')[0]).toMatchObject({
      ...namesOf('front', 'source'),
      ...namesOf('api', 'dest'),
      action: 'deny',
      outcome: 'dropped',
      drop_reason: 'NETFILTER_DROP',
      evidence: 'observed',
    })
  })

  it('a rule at the destination denies there, and the source has no answer', async () => {
    const { api, db } = cluster.pods
    await api.run('curl', '-s', '-m', give, `http://${db.ip}:6000/`)
    await product.settled()
    const rows = await product.rows('flows', 'dest_port: 6000')
    expect(by(rows, 'dst')[0]).toMatchObject({
      ...namesOf('api', 'source'),
      ...namesOf('db', 'dest'),
      action: 'deny',
      outcome: 'dropped',
      drop_reason: 'NETFILTER_DROP',
    })
    expect(by(rows, 'src').at(-1)).toMatchObject({ action: 'allow', outcome: 'unanswered' })
    expect([sum(by(rows, 'src'), 'num_flows_started'), sum(by(rows, 'dst'), 'num_flows_started')]).toEqual([1, 1])
    expect(await counted('dest_port: 6000', 'num_flows_started')).toBe(1)
  })

  it('a rule of the node denies on the way, which the source of the same node is told', async () => {
    const { ledger, db } = cluster.pods
    await ledger.run('curl', '-s', '-m', give, `http://${db.ip}:5432/`)
    await product.settled()
    const rows = await product.rows('flows', 'dest_port: 5432')
    expect(by(rows, 'fwd')[0]).toMatchObject({
      ...namesOf('ledger', 'source'),
      ...namesOf('db', 'dest'),
      action: 'deny',
      outcome: 'dropped',
      drop_reason: 'NETFILTER_DROP',
    })
    expect(by(rows, 'dst')).toEqual([])
    expect(by(rows, 'src').at(-1)).toMatchObject({ action: 'deny', outcome: 'dropped', drop_reason: 'NETFILTER_DROP' })
    expect(await counted('dest_port: 5432', 'num_flows_started')).toBe(1)
  })

  it('a connection to a port where nobody listens is refused, which is no denial', async () => {
    const { front, web } = cluster.pods
    expect((await front.run('curl', '-s', `http://${web.ip}:81/`)).code).toBe(7)
    await product.settled()
    const rows = await product.rows('flows', 'dest_port: 81')
    expect(distinct(rows, 'action')).toEqual(['allow'])
    expect(distinct(rows, 'outcome')).toEqual(['refused'])
    expect(sum(by(rows, 'src'), 'num_flows_started')).toBe(1)
    expect(by(rows, 'src')[0]).toMatchObject({ process_name: 'curl', ...namesOf('web', 'dest') })
    // The reset that came back has a header of 40 bytes.
    expect(Math.abs(sum(by(rows, 'src'), 'bytes_in') - 40)).toBeLessThanOrEqual(100)
  })
})

describe('the console on the lab', () => {
  it('shows who talked to whom, and which end refused it', async () => {
    const { front, web, api, ledger, db } = cluster.pods
    await front.run('curl', '-s', '-o', '/dev/null', `http://${web.ip}/small`)
    await front.run('curl', '-s', '-m', give, `http://${api.ip}:9091/`)
    await ledger.run('curl', '-s', '-m', give, `http://${db.ip}:5432/`)
    await api.run('curl', '-s', '-m', give, `http://${db.ip}:6000/`)
    await product.settled()
    const browser = await launch()
    try {
      const { page, complaints } = await open(await visit(browser), `${product.address}/graph?as=list`)
      const edges = page.getByRole('table').first().getByRole('row')
      for (const [source, dest, verdict] of [
        ['frontend', 'web', 'allow'],
        // Its other connections were refused by nobody but the kernel of the destination.
        ['frontend', 'api', 'mixed'],
        ['ledger', 'db', '✕ source'],
        ['api', 'db', '✕ destination'],
      ] as const) {
        const edge = edges.filter({ has: page.getByRole('cell', { name: source, exact: true }).first() })
        await edge.filter({ hasText: dest }).filter({ hasText: verdict }).first().waitFor({ timeout: patienceMs })
      }
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
  })
})

describe('names', () => {
  /** Rows of lookups come in a frame of their own, behind the flows of the same interval. */
  const lookups = async (qname: string) => {
    const query = `qname: ${qname} and client_ip: ${cluster.pods.front.ip}`
    return product.rowsOnce('dns', query, ({ length }) => length > 0)
  }

  it.each([
    ['nowhere.shop.test', 'NXDOMAIN', 0],
    ['x.broken.test', 'SERVFAIL', 20],
  ])('%s is answered %s, with the time it took', async (qname, rcode, leastMs) => {
    const { front, dns } = cluster.pods
    const dig = await front.run('dig', '+tries=1', `@${dns.ip}`, qname)
    expect(dig.stdout).toContain(`status: ${rcode}`)
    const rows = await lookups(qname)
    expect(sum(rows, 'count')).toBe(1)
    expect(rows[0]).toMatchObject({
      rcode,
      process_name: 'dig',
      qtype: 'A',
      client_namespace: 'shop',
      client_name_aggr: 'frontend-6d4b75cb6d-*',
      servers: [expect.objectContaining({ ip: dns.ip })],
    })
    expect(Number(rows[0]!.latency_mean)).toBeGreaterThan(leastMs * 1e6)
  })

  it('that a client looked up are on its flow', async () => {
    const { web } = cluster.pods
    const curl = await runWithResolver(
      'curl',
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      'http://web.shop.test/small?by=name',
    )
    expect(curl.stdout).toBe('200')
    await product.settled()
    const rows = by(await product.rows('flows', 'dest_domains: web.shop.test'), 'src')
    expect(sum(rows, 'num_flows_started')).toBe(1)
    expect(rows[0]).toMatchObject({
      dest_ip: web.ip,
      process_name: 'curl',
      dest_domains: ['web.shop.test'],
      dest_domain_source: 'dns',
    })
    const asked = (await lookups('web.shop.test')).filter(({ qtype }) => qtype === 'A')
    expect(asked[0]).toMatchObject({ rcode: 'NOERROR', process_name: 'curl' })
  })

  it('that led to the address beside the one that was looked up are those by which a policy may name it too', async () => {
    const { web } = cluster.pods
    expect((await runWithResolver('curl', '-s', '-o', '/dev/null', 'http://store.shop.test/small?by=alias')).code).toBe(
      0,
    )
    await product.settled()
    const query = 'dest_domains: store.shop.test'
    const rows = by(await product.rows('flows', query), 'src')
    expect(rows[0]).toMatchObject({
      dest_ip: web.ip,
      dest_domains: expect.arrayContaining(['store.shop.test']),
      dest_domain_aliases: ['bucket.s3.test'],
    })
    const totals = async (domain: string) => {
      const documents = onlyTo(domain)
      const body = JSON.stringify({ documents, query, range: { from: { ago: 3600 }, to: { ago: 0 } } })
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(`${product.address}/api/v1/policies/simulate`, { method: 'POST', headers, body })
      return ((await response.json()) as PolicySimulation).totals
    }
    expect(await totals('*.s3.test')).toMatchObject({
      same: { flows: 1 },
      newlyDenied: { flows: 0 },
      uncertain: { flows: 0 },
    })
    expect(await totals('*.s4.test')).toMatchObject({
      same: { flows: 0 },
      newlyDenied: { flows: 1 },
      uncertain: { flows: 0 },
    })
  })
})
