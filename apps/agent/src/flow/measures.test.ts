import { describe, expect, it } from 'vitest'
import { addMeasures, createMeasures, measureFields, slot } from './measures.ts'

const sample = (values: Partial<Record<keyof typeof slot, number>>) => {
  const measures = createMeasures()
  for (const [name, value] of Object.entries(values)) measures[slot[name as keyof typeof slot]] = value
  return measures
}

describe('measures', () => {
  it('adds sums, keeps the smallest and the largest', () => {
    const all = createMeasures()
    for (const rtt of [100, 300]) {
      addMeasures(
        all,
        sample({
          bytesIn: 5,
          samples: 1,
          cwndSum: rtt,
          cwndMin: rtt,
          mssSum: 10,
          mssMin: 10,
          rttCount: 1,
          rttSum: rtt,
          rttMax: rtt,
        }),
      )
    }
    expect(measureFields(all)).toMatchObject({
      bytes_in: 10,
      tcp_mean_send_congestion_window: 200,
      tcp_min_send_congestion_window: 100,
      tcp_mean_smooth_rtt: 200,
      tcp_max_smooth_rtt: 300,
    })
  })

  it('leaves out what was not measured', () => {
    const row = measureFields(sample({ bytesIn: 1, samples: 1 }))
    for (const name of ['tcp_mean_smooth_rtt', 'tcp_max_smooth_rtt', 'tcp_mean_min_rtt', 'tcp_total_retransmissions']) {
      expect(row).not.toHaveProperty(name)
    }
    expect(measureFields(createMeasures())).not.toHaveProperty('tcp_min_mss')
  })
})
