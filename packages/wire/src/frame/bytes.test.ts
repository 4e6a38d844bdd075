import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter } from './bytes.ts'

describe('ByteWriter', () => {
  it('keeps the byte for which it had to make room', () => {
    const writer = new ByteWriter()
    for (let i = 0; i < 20_000; i++) writer.byte(i % 251)
    expect(writer.finish().every((byte, i) => byte === i % 251)).toBe(true)
  })

  it.each([4094, 4095, 4096, 8191, 8192])('keeps a text whose length stands at byte %i', (at) => {
    const writer = new ByteWriter()
    writer.bytes(new Uint8Array(at))
    writer.text('process_args')
    expect(new ByteReader(writer.finish(), at).text('name')).toBe('process_args')
  })
})
