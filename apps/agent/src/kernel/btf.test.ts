import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readBtf } from './btf.ts'
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
    const btf = readBtf(smallBtf())
    expect([...btf.enumerators('reason')]).toEqual([
      ['A', 1],
      ['B', 7],
    ])
    expect([btf.has('int'), btf.has('long'), btf.enumerators('int').size]).toEqual([true, false, 0])
  })

  it('refuses bytes that are no BTF', () => {
    expect(() => readBtf(Buffer.alloc(30))).toThrow('this is no BTF')
  })

  it('numbers the wanted reasons and tells those that a kernel does not know', () => {
    const numbers = new Map([['SKB_DROP_REASON_NETFILTER_DROP', 12]])
    const { byNumber, unknown } = numberReasons(numbers, ['NETFILTER_DROP', 'NEVER_HEARD'])
    expect([[...byNumber], unknown]).toEqual([[[12, 'NETFILTER_DROP']], ['NEVER_HEARD']])
    for (const reason of denyingReasons) expect(defaultReasons).toContain(reason)
  })

  it.skipIf(!existsSync('/sys/kernel/btf/vmlinux'))("reads this machine's own", () => {
    const btf = readBtf(readFileSync('/sys/kernel/btf/vmlinux'))
    expect(btf.has('task_struct')).toBe(true)
  })
})
