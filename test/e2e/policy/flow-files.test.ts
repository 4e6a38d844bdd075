// Files of flow records: compressed, piped, and with rows that are bad.
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { usePolicyFolder } from './folder.ts'
import { ndjson, networkPolicy, seen, yaml } from './objects.ts'

const { policy, shell, write } = usePolicyFolder()

describe('flow files', () => {
  beforeEach(() => write({ 'p/db.yaml': yaml(networkPolicy('db', 'db', [])) }))
  const simulate = (file: string) => policy('simulate', 'p', 'p', '--flows', file)

  it('are read compressed, and several as one', async () => {
    write({
      'a.ndjson.gz': gzipSync(ndjson(seen.slice(0, 3))),
      'b.ndjson.zst': zstdCompressSync(ndjson(seen.slice(2))),
    })
    const { out } = await policy('simulate', 'p', 'p', '--flows', 'a.ndjson.gz', '--flows', 'b.ndjson.zst')
    expect(out).toContain(`${seen.length} flows, 0 of them`)
    const piped = await shell('zcat a.ndjson.gz | margay policy simulate p p --flows -')
    expect(piped.out).toContain('3 flows, 0 of them')
  })

  it('may hold bad rows: they are named by line and field, and the good ones are used', async () => {
    const lines = [
      JSON.stringify(seen[0]),
      '{"broken',
      JSON.stringify({ ...seen[1], dest_port: 99_999 }),
      '',
      JSON.stringify({ ...seen[1], proto: 'quic\u001b' }),
      JSON.stringify({ ...seen[1], proto: undefined }),
      '[1]',
      JSON.stringify(seen[1]),
    ]
    write({ 'f.ndjson': lines.join('\n') })
    const { code, out, err } = await simulate('f.ndjson')
    expect(code).toBe(1)
    expect(out).toContain('2 flows, 0 of them')
    for (const start of [
      'f.ndjson:2: is not JSON',
      'f.ndjson:3: dest_port: a port from 0 to 65535 is expected, got 99999\n',
      'f.ndjson:5: proto: tcp, udp, sctp, icmp, icmp6 or a number is expected, got quic\\u001b\n',
      'f.ndjson:6: proto: is missing',
      'f.ndjson:7: ',
    ])
      expect(err).toContain(start)
    expect(err).toContain('margay: 5 rows could not be read and took no part\n')
  })

  it.each([
    ['are none', 'f.ndjson', '', 2, 'no flow record that can be judged in f.ndjson; margay export'],
    [
      'are of lookups',
      'f.ndjson',
      '{"qname":"a.test","start_time":1793000000}',
      2,
      'f.ndjson holds DNS records; flow records are needed',
    ],
    ['are no archive', 'f.ndjson.gz', 'plain', 2, 'cannot read f.ndjson.gz: incorrect header check'],
    ['are all bad', 'f.ndjson', 'x\ny\n', 1, 'no flow record that can be judged in f.ndjson'],
  ])('that %s are refused', async (_, file, content, code, message) => {
    write({ [file]: content })
    const ended = await simulate(file)
    expect([ended.code, ended.out]).toEqual([code, ''])
    expect(ended.err).toContain(message)
  })
})
