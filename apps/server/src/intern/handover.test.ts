// An address that passes from one pod to another within the interval of a row: who it is, by the seconds in which the row counted.
import type { Row } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { iso } from '../inventory/testing.ts'
import { createJudgedCluster } from '../testing/judged-cluster.ts'

const now = 1_793_000_000
const ip = '10.77.0.9'
const [since, until] = [now - 20, now - 10]

const podOf = (name: string, podIP: string, start: number, status = 'phase: Running') => `
kind: Pod
metadata: {name: ${name}, namespace: shop, uid: uid-${name}}
spec: {nodeName: n1}
status: {podIP: ${podIP}, startTime: "${iso(start)}", ${status}}
`
const ended = `phase: Succeeded, containerStatuses: [{name: c, state: {terminated: {finishedAt: "${iso(since + 1)}"}}}]`

/** The job ends in the interval's second second, and its successor has the address from the third on, which is told at the sixth. */
function passed() {
  const { put, row } = createJudgedCluster(podOf('client', '10.77.0.1', since - 100), now)
  put(podOf('job-1', ip, since - 100), since - 100)
  put(podOf('job-1', ip, since - 100, ended), since + 2)
  put(podOf('web-1', ip, since + 3), since + 6)
  const sent = (reporter: string, rest: Row) =>
    row({
      agent: 'n1',
      series: { reporter, proto: 'tcp', action: 'allow', dest_port: 5432, pod_uid: 'uid-client' },
      rest: { start_time: since, end_time: until, ...rest },
    })
  return {
    to: (rest: Row) => sent('src', { dest_ip: ip, source_ip: '10.77.0.1', ...rest }),
    from: (rest: Row) => sent('dst', { source_ip: ip, dest_ip: '10.77.0.1', ...rest }),
  }
}

describe('an address that passes from one pod to another within the interval of a row', () => {
  it.each([
    ['the first, where all was counted in its time', { active_from: 0, active_to: 2 }, 'job-1'],
    ['the second, where all was counted in its time', { active_from: 4, active_to: 5 }, 'web-1'],
    ['who had it longest, where the row does not say', {}, 'web-1'],
    ['who had it longest, where both counted', { active_from: 1, active_to: 10 }, 'web-1'],
    ['who had it just before, where nobody had it then', { active_from: 2, active_to: 3 }, 'job-1'],
  ])('is %s', (_, active, name) => {
    const { to, from } = passed()
    expect(to(active)).toMatchObject({ dest_name: name })
    const named = from(active)
    expect(named).toMatchObject({ source_name: name })
    expect(Object.keys(named)).not.toContain('active_from')
  })
  it('is the first in the row that ended when the second got it', () => {
    const { to } = passed()
    const told = { end_time: since + 6, active_from: 1, active_to: 2 }
    expect(to(told)).toMatchObject({ dest_name: 'job-1' })
    const after = { start_time: since + 6, end_time: until, active_from: 0, active_to: 1 }
    expect(to(after)).toMatchObject({ dest_name: 'web-1' })
  })
})
