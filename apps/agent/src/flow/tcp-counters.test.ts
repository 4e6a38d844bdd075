import { describe, expect, it } from 'vitest'
import { tcpRecord, tcpRecordSize } from '../kernel/layout.ts'
import { growth, growth32, headerBytes, noTotals, readTotals } from './tcp-counters.ts'

function record(values: { received: number; fin: number; timeouts: number; recoveries: number }): Buffer {
  const bytes = Buffer.alloc(tcpRecordSize)
  bytes.writeBigUInt64LE(BigInt(values.received), tcpRecord.bytesReceived)
  bytes[tcpRecord.fin] = values.fin
  bytes.writeUInt16LE(values.timeouts, tcpRecord.timeouts)
  bytes.writeUInt16LE(values.recoveries, tcpRecord.timeoutRecoveries)
  bytes.writeUInt16LE(32, tcpRecord.headerLength)
  return bytes
}

describe('TCP counters', () => {
  it('takes the FIN off the received bytes', () => {
    expect(readTotals(record({ received: 5001, fin: 1, timeouts: 0, recoveries: 0 }), 0, noTotals()).bytesIn).toBe(5000)
    expect(readTotals(record({ received: 5000, fin: 0, timeouts: 0, recoveries: 0 }), 0, noTotals()).bytesIn).toBe(5000)
  })

  it('counts timeouts that followed another without a recovery between', () => {
    expect(readTotals(record({ received: 0, fin: 0, timeouts: 3, recoveries: 1 }), 0, noTotals()).timeouts).toBe(2)
  })

  it('grows across the wrap of 32 bits and never falls', () => {
    expect(growth32(5, 0xffff_fff0)).toBe(21)
    expect(growth(5, 7)).toBe(0)
    expect(growth(2 ** 40 + 1, 2 ** 40)).toBe(1)
  })

  it('adds the header of the address family', () => {
    const bytes = record({ received: 0, fin: 0, timeouts: 0, recoveries: 0 })
    expect(headerBytes(bytes, 0)).toBe(52)
    bytes[tcpRecord.tuple + 37] = 10
    expect(headerBytes(bytes, 0)).toBe(72)
  })
})
