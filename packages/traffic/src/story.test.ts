import type { Row } from '@margay/model'
import { fieldsOf, logType, parseExemplar, readRow, writeRow } from '@margay/model'
import { describe, expect, it } from 'vitest'
import type { Emission } from './emission.ts'
import { rowOf } from './emission.ts'
import { scaled } from './scaled.ts'
import { story } from './story.ts'

const opened = 1_793_000_000
const minute = 60
const demo = story({ opened })
const lastHour = [...demo.rowsBetween(opened - 60 * minute, opened)]
const flows = lastHour.filter(({ logType }) => logType === 'flows').map(rowOf)
const dns = lastHour.filter(({ logType }) => logType === 'dns').map(rowOf)

const words = (...values: readonly unknown[]) => values.map(String).join(' ')

const between = (source: string, dest: string) => (row: Row) =>
  String(row.source_name_aggr).startsWith(source) && String(row.dest_name_aggr).startsWith(dest)

const text = (rows: Iterable<Emission>) => JSON.stringify([...rows].map(rowOf))

describe('the story', () => {
  it.each([65, 190, 30, -5])(
    'gives the same rows however its time is cut, from %d minutes before the opening',
    (start) => {
      const from = opened - start * minute
      const cuts = [from, from + 7, from + 60, from + 61, from + 333, from + 600]
      const pieces = cuts.slice(1).flatMap((to, index) => [...demo.rowsBetween(cuts[index]!, to)])
      const whole = [...demo.rowsBetween(from, from + 600)]
      const sorted = (rows: readonly Emission[]) => rows.map((row) => JSON.stringify(rowOf(row))).sort()
      expect(sorted(pieces)).toEqual(sorted(whole))
      expect(pieces.length).toBeGreaterThan(1000)
    },
  )

  it('is the same for the same seed and another for another', () => {
    const some = (seed: number) => text(story({ seed, opened }).rowsBetween(opened - 120, opened))
    expect(some(1)).toBe(some(1))
    expect(some(2)).not.toBe(some(1))
  })

  it('keeps dimensions apart from what changes from row to row', () => {
    for (const { logType: name, dimensions, rest } of lastHour.slice(0, 2000)) {
      const type = logType(name)!
      const known = new Set(fieldsOf(type, 'dimension'))
      expect(Object.keys(dimensions).filter((field) => !known.has(field))).toEqual([])
      expect(Object.keys(rest).filter((field) => known.has(field) || !(field in type.fields))).toEqual([])
    }
  })

  it('survives the door for foreign records unchanged', () => {
    for (const emission of lastHour.slice(0, 500)) {
      const type = logType(emission.logType)!
      const read = readRow(type, writeRow(type, rowOf(emission)), opened)
      if (!read.ok) throw new Error(JSON.stringify(read.problems))
      expect(read.unknown).toEqual([])
      expect(writeRow(type, read.row)).toEqual(writeRow(type, rowOf(emission)))
    }
  })

  it('denies checkout at payments since the policy changed, and allows it before', () => {
    const talk = flows.filter(between('checkout-', 'payments-'))
    const changed = opened - 14 * minute
    const at = (reporter: string, later: boolean) =>
      talk.filter((row) => row.reporter === reporter && Number(row.start_time) >= changed === later)
    expect(new Set(at('dst', false).map(({ action }) => action))).toEqual(new Set(['allow']))
    expect(new Set(at('dst', true).map(({ action }) => action))).toEqual(new Set(['deny']))
    expect(new Set(at('src', true).map(({ action, bytes_in }) => words(action, bytes_in)))).toEqual(
      new Set(['allow 0']),
    )
    expect(at('dst', true)[0]?.['policies.enforced_policies']).toEqual([
      '0|platform|platform.scrape|pass|-1',
      '1|app|payments/app.payments-ingress|deny|-1',
    ])
  })

  it('denies the card API to search at the source, by rule 2', () => {
    const talk = flows.filter((row) => String(row.dest_domains) === 'api.stripe.com' && row.action === 'deny')
    expect(talk.length).toBeGreaterThan(0)
    expect(talk[0]?.['policies.enforced_policies']).toEqual([
      '0|platform|platform.allow-dns|pass|-1',
      '1|app|shop/app.search-egress|deny|2',
    ])
    expect(talk.every(({ reporter, bytes_in }) => reporter === 'src' && bytes_in === 0)).toBe(true)
  })

  it('has an outage: search refuses, then nothing answers, then all is well', () => {
    const outcomes = flows
      .filter(between('catalog-', 'search-'))
      .filter(({ reporter }) => reporter === 'src')
      .sort((a, b) => Number(a.start_time) - Number(b.start_time))
      .map(({ outcome }) => outcome)
    expect(outcomes.filter((outcome, index) => outcome !== outcomes[index - 1])).toEqual([
      'established',
      'refused',
      'unanswered',
      'established',
    ])
  })

  it('counts each conversation once: sums by counts are those of the source side where it reports', () => {
    const talk = flows.filter(between('frontend-', 'catalog-'))
    const sum = (rows: readonly Row[], field: string) => rows.reduce((total, row) => total + Number(row[field]), 0)
    const counted = talk.filter(({ counts }) => counts)
    const src = talk.filter(({ reporter }) => reporter === 'src')
    const uncovered = talk.filter(({ reporter, counts }) => reporter === 'dst' && counts)
    expect(sum(counted, 'num_flows')).toBe(sum(src, 'num_flows') + sum(uncovered, 'num_flows'))
    const away = uncovered.every(({ start_time }) => Number(start_time) >= opened - 21 * minute)
    expect(away).toBe(true)
    expect(flows.filter(({ source_name_aggr }) => source_name_aggr === 'pub').every(({ counts }) => counts)).toBe(true)
  })

  it('has both ends agree about bytes and packets', () => {
    const by = (reporter: string) =>
      flows.filter((row) => row.reporter === reporter && between('frontend-', 'cart-')(row))
    const key = (row: Row) => words(row.source_name, row.dest_name, row.start_time)
    const dst = new Map(by('dst').map((row) => [key(row), row]))
    const pairs = by('src').flatMap((row) => (dst.has(key(row)) ? [[row, dst.get(key(row))!] as const] : []))
    expect(pairs.length).toBeGreaterThan(100)
    for (const [src, other] of pairs) {
      expect([src.bytes_out, src.packets_in]).toEqual([other.bytes_in, other.packets_out])
    }
  })

  it('has names that do not exist, names whose servers fail, and misses of the search path', () => {
    const codes = new Map(dns.map((row) => [words(row.qname, row.rcode), row]))
    expect(codes.has('smtp.sendgrid.net SERVFAIL')).toBe(true)
    expect(codes.has('smtp.sendgrid.net NOERROR')).toBe(true)
    expect(codes.has('paymnts.payments.svc.cluster.local NXDOMAIN')).toBe(true)
    expect(codes.has('api.stripe.com.payments.svc.cluster.local NXDOMAIN')).toBe(true)
  })

  it('keeps the same connections at both ends of what failed, and says how each end saw them', () => {
    const kept = (rows: readonly Row[]) =>
      rows.flatMap((row) =>
        ((row['exemplars'] ?? []) as readonly string[]).map((text) => {
          const exemplar = parseExemplar(text)
          if (!exemplar) throw new Error(`no exemplar: ${text}`)
          const { startMs, source, dest, went, dropReason } = exemplar
          return { key: JSON.stringify([startMs, source, dest]), went, dropReason, row }
        }),
      )
    const ofSource = new Map(kept(flows.filter(({ reporter }) => reporter === 'src')).map((one) => [one.key, one]))
    const pairs = kept(flows.filter(({ reporter }) => reporter === 'dst')).flatMap((there) => {
      const here = ofSource.get(there.key)
      return here ? [words(here.went, there.went, there.dropReason)] : []
    })
    expect(new Set(pairs)).toEqual(
      new Set(['unanswered dropped NETFILTER_DROP', 'refused refused NO_SOCKET', 'slow dropped TCP_LISTEN_OVERFLOW']),
    )
    const alone = new Set([...ofSource.values()].map(({ went, row }) => words(went, row['outcome'])))
    expect(alone).toContain('dropped dropped')
    expect(alone).toContain('unanswered unanswered')
    const most = Math.max(...flows.map(({ exemplars }) => ((exemplars ?? []) as readonly string[]).length))
    expect(most).toBe(4)
  })

  it('says by what each verdict is known, and what policy says at the other end', () => {
    const sources = new Set(flows.map((row) => words(row['action'], row['evidence'], row['evidence_source'])))
    expect(sources).toEqual(new Set(['allow evaluated evaluated', 'deny observed nflog']))
    const unheard = flows.filter(between('checkout-', 'payments-')).filter(({ reporter }) => reporter === 'src')
    expect(unheard.at(-1)?.['peer_verdict']).toBe('deny')
  })

  it('denies the cluster’s DNS over TCP to the database alone, on port 53', () => {
    const asked = flows.filter((row) => row['dest_port'] === 53 && row['action'] === 'deny')
    expect(asked.length).toBeGreaterThan(0)
    expect(new Set(asked.map((row) => words(row['reporter'], row['source_namespace'], row['proto'])))).toEqual(
      new Set(['src data tcp']),
    )
    expect(asked[0]?.['policies.enforced_policies']).toEqual([
      '0|platform|platform.allow-dns|pass|-1',
      '1|data|data/data.pg-egress|deny|-1',
    ])
  })

  it('sends files where it has no business, under a rule that is too wide', () => {
    const upload = flows.filter((row) => String(row.dest_domains) === 'drop.files.example')
    expect(upload.length).toBeGreaterThan(0)
    expect(upload.every(({ action, process_name }) => action === 'allow' && process_name === 'curl')).toBe(true)
  })

  it('fits a day into some hundred thousand rows', () => {
    const hour = [...demo.rowsBetween(opened - 12 * 3600, opened - 11 * 3600)].length
    expect(hour * 24).toBeLessThan(900_000)
  })

  it('leaves no interval out and reports none twice', () => {
    const reports = [...demo.rowsBetween(opened - 4 * 3600, opened)]
      .map(rowOf)
      .filter(between('cart-', 'redis-'))
      .filter(({ reporter }) => reporter === 'src')
    for (const rows of Map.groupBy(reports, ({ source_name: name }) => name).values()) {
      const ordered = rows.toSorted((a, b) => Number(a.start_time) - Number(b.start_time))
      expect(ordered.slice(1).map((row, index) => Number(row.start_time) - Number(ordered[index]!.end_time))).toEqual(
        ordered.slice(1).map(() => 0),
      )
    }
  })

  it('knows whose agent reports for an address, and when that was away', () => {
    const onNode7 = demo
      .objectsAt(opened)
      .find(({ kind, spec }) => kind === 'Pod' && (spec as { nodeName?: string }).nodeName === 'node-7')
    const { podIP } = onNode7!['status'] as { podIP: string }
    expect(demo.reporterOf(podIP, opened)).toEqual({ node: 'node-7', reports: true })
    expect(demo.reporterOf(podIP, opened - 20 * minute)).toEqual({ node: 'node-7', reports: false })
    expect(demo.reporterOf('203.0.113.20', opened)).toBeUndefined()
  })

  it('describes its pods, services and policies as Kubernetes objects', () => {
    const objects = demo.objectsAt(opened)
    const ips = new Set(objects.map(({ status }) => (status as { podIP?: string } | undefined)?.podIP))
    const pods = flows.filter(({ source_type }) => source_type === 'wep').map(({ source_ip }) => source_ip as string)
    expect(pods.filter((ip) => !ips.has(ip))).toEqual([])
    const policy = (time: number) =>
      JSON.stringify(demo.objectsAt(time).find(({ metadata }) => metadata.name === 'app.payments-ingress'))
    expect(policy(opened - 3600)).toContain("role == 'api'")
    expect(policy(opened)).toContain("role == 'web'")
  })
})

describe('scaled traffic', () => {
  it('gives as many rows as asked, the same for the same interval', () => {
    const small = scaled({ pods: 100, edges: 300, rowsPerInterval: 500 })
    expect([...small.rows(opened)]).toHaveLength(500)
    expect(text(small.rows(opened))).toBe(text(small.rows(opened)))
  })

  it('names its strangers once and its pods often', () => {
    const hostile = [...scaled({ hostile: 0.5, rowsPerInterval: 4000, pods: 200, edges: 400 }).rows(opened)]
    const outside = hostile.filter(({ dimensions }) => dimensions.source_name_aggr === 'pub')
    expect(new Set(outside.map(({ rest }) => rest.source_ip)).size).toBeGreaterThan(outside.length * 0.95)
    expect(new Set(outside.map(({ dimensions }) => dimensions)).size).toBeLessThan(outside.length)
  })
})
