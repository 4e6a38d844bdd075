import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as layout from './layout.ts'

interface Struct {
  readonly size: number
  readonly align: number
  readonly offsets: Readonly<Record<string, number>>
}

const scalars: Readonly<Record<string, number>> = { __u8: 1, char: 1, __u16: 2, __u32: 4, __u64: 8 }

/** Lays out the structs of a C header as a compiler for x86-64, arm64 or eBPF does. */
function readHeader(text: string): Map<string, Struct> {
  const structs = new Map<string, Struct>()
  for (const [, name, body] of text.matchAll(/struct (\w+) \{([^}]*)\}/g)) {
    let at = 0
    let align = 1
    const offsets: Record<string, number> = {}
    for (const [, type, member, count] of body!.matchAll(/^\s*(?:struct )?(\w+) (\w+)(?:\[(\d+)\])?;/gm)) {
      const inner = structs.get(type!)
      const size = inner?.size ?? scalars[type!]
      if (size === undefined) throw new Error(`unknown type ${type} of ${name}.${member}`)
      const memberAlign = inner?.align ?? size
      at = Math.ceil(at / memberAlign) * memberAlign
      offsets[member!] = at
      at += size * Number(count ?? 1)
      align = Math.max(align, memberAlign)
    }
    structs.set(name!, { size: Math.ceil(at / align) * align, align, offsets })
  }
  return structs
}

const inC = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

describe('kernel layout', () => {
  const text = readFileSync(join(import.meta.dirname, '../../bpf/layout.h'), 'utf8')
  const structs = readHeader(text)
  const cases = [
    ['header', layout.header, 8],
    ['tuple', layout.tuple, layout.tupleSize],
    ['party', layout.party, layout.partySize],
    ['tcp_record', layout.tcpRecord, layout.tcpRecordSize],
    ['datagram_key', layout.datagramKey, layout.datagramKeySize],
    ['datagram_value', layout.datagramValue, layout.datagramValueSize],
    ['dns_record', layout.dnsRecord, layout.dnsRecordSize],
    ['drop_record', layout.dropRecord, layout.dropRecordSize],
    ['handshake_record', layout.handshakeRecord, layout.handshakeRecordSize],
    ['exec_record', layout.execRecord, layout.execRecordSize],
    ['config', layout.constants, layout.constantsSize],
  ] as const

  it.each(cases)('reads %s where the kernel side writes it', (name, offsets, size) => {
    const struct = structs.get(name)!
    expect(struct.size).toBe(size)
    expect(Object.keys(offsets).length).toBeGreaterThan(1)
    for (const [member, offset] of Object.entries(offsets))
      expect([member, struct.offsets[inC(member)]]).toEqual([member, offset])
  })

  it.each(cases)('pads %s to eight bytes, so that the next record is aligned', (_name, _offsets, size) => {
    expect(size % 8).toBe(0)
  })

  it('numbers records, roles, sides and troubles as the kernel side does', () => {
    for (const [prefix, numbers] of [
      ['RECORD', layout.recordType],
      ['ROLE', layout.role],
      ['SIDE', layout.side],
      ['TROUBLE', layout.trouble],
    ] as const) {
      for (const [name, number] of Object.entries(numbers)) {
        expect(text).toContain(`${prefix}_${inC(name).toUpperCase()} = ${number}`)
      }
    }
  })

  it('reads 64-bit numbers and texts', () => {
    const bytes = Buffer.from('0102030405060700616200ff', 'hex')
    expect(layout.readU64(bytes, 0)).toBe(0x07060504030201)
    expect(layout.readText(bytes, 8, 4)).toBe('ab')
    expect(layout.readText(bytes, 8, 1)).toBe('a')
  })
})
