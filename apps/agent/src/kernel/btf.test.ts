import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readEnumerators } from './btf.ts'
import { defaultReasons, denyingReasons, numberReasons } from './drop-reasons.ts'

/** A BTF of an int and an enum `reason { A = 1, B = 7 }`. */
function smallBtf(): Buffer {
  const texts = Buffer.from('\0int\0reason\0A\0B\0')
  const types = Buffer.alloc(16 + 12 + 16)
  types.writeUInt32LE(1, 0)
  types.writeUInt32LE(1 << 24, 4)
  types.writeUInt32LE(5, 16)
  types.writeUInt32LE((6 << 24) | 2, 20)
  types.writeUInt32LE(12, 28)
  types.writeUInt32LE(1, 32)
  types.writeUInt32LE(14, 36)
  types.writeUInt32LE(7, 40)
  const head = Buffer.alloc(24)
  head.writeUInt16LE(0xeb9f, 0)
  head.writeUInt32LE(24, 4)
  head.writeUInt32LE(types.length, 12)
  head.writeUInt32LE(types.length, 16)
  head.writeUInt32LE(texts.length, 20)
  return Buffer.concat([head, types, texts])
}

describe('kernel types', () => {
  it('gives the numbers of an enum by name', () => {
    expect([...readEnumerators(smallBtf(), 'reason')]).toEqual([
      ['A', 1],
      ['B', 7],
    ])
    expect(readEnumerators(smallBtf(), 'int').size + readEnumerators(smallBtf(), 'reas').size).toBe(0)
  })

  it('refuses bytes that are no BTF', () => {
    expect(() => readEnumerators(Buffer.alloc(30), 'reason')).toThrow('this is no BTF')
  })

  it('numbers the wanted reasons and tells those that a kernel does not know', () => {
    const numbers = new Map([['SKB_DROP_REASON_NETFILTER_DROP', 12]])
    const { byNumber, unknown } = numberReasons(numbers, ['NETFILTER_DROP', 'NEVER_HEARD'])
    expect([[...byNumber], unknown]).toEqual([[[12, 'NETFILTER_DROP']], ['NEVER_HEARD']])
    for (const reason of denyingReasons) expect(defaultReasons).toContain(reason)
  })

  it.skipIf(!existsSync('/sys/kernel/btf/vmlinux'))("reads this machine's own (needs /sys/kernel/btf/vmlinux)", () => {
    const states = readEnumerators(readFileSync('/sys/kernel/btf/vmlinux'), 'sock_flags')
    expect(states.get('SOCK_DONE')).toBe(1)
  })
})
