// Pods that end, or change, within the interval of a row: their rows are judged by what they were.
import { describe, expect, it } from 'vitest'
import type { Sent } from '../testing/judged-cluster.ts'
import { createJudgedCluster } from '../testing/judged-cluster.ts'
import { cluster, dbFromWeb, enforced, interval, now, onlyWeb, pod, policy, webTo } from '../testing/shop-cluster.ts'

const guarded = `${cluster}\n---${policy('to-db', onlyWeb)}\n---${policy('job-out', '{podSelector: {matchLabels: {app: job}}, policyTypes: [Egress]}')}`
const job = pod('shop/job', '10.244.1.9', 'n1')
const ended = job.replace('Running', 'Succeeded')
const fromJob = (end: number): Sent => ({
  ...webTo('10.244.2.2', { pod_uid: 'uid-job', outcome: 'unanswered' }, interval(end)),
  epoch: `job ${end}`,
})
const deniedOut = ['0|default|shop/knp.default.job-out|deny|-1']

describe('a job that lives one second', () => {
  it.each([
    ['finished', (it: ReturnType<typeof createJudgedCluster>) => it.put(ended, now - 4)],
    ['was deleted', (it: ReturnType<typeof createJudgedCluster>) => it.remove('uid-job', now - 4)],
  ])('is judged by its labels, though it %s before its row ended', (_, end) => {
    const it = createJudgedCluster(guarded, now - 100)
    it.put(job, now - 5)
    end(it)
    expect(enforced(it.row(fromJob(now)))).toEqual(deniedOut)
  })
  it('that comes and goes within one second is too', () => {
    const it = createJudgedCluster(guarded, now - 100)
    it.put(job, now - 5)
    it.remove('uid-job', now - 5)
    it.put(policy('other', '{podSelector: {}}'), now + 30)
    expect(enforced(it.row(fromJob(now)))).toEqual(deniedOut)
  })
  it('is judged so an hour later', () => {
    const it = createJudgedCluster(guarded, now - 100)
    it.put(job, now - 5)
    it.remove('uid-job', now - 4)
    it.setNow(now + 120)
    it.trim()
    it.setNow(now + 3600)
    it.trim()
    expect(enforced(it.row(fromJob(now)))).toEqual(deniedOut)
  })
  it('is told of by its peer as well', () => {
    const it = createJudgedCluster(guarded, now - 100)
    it.put(job, now - 5)
    it.remove('uid-job', now - 4)
    const atDb = it.row(
      dbFromWeb({ outcome: 'dropped', action: 'deny' }, { ...interval(now), source_ip: '10.244.1.9' }),
    )
    expect(atDb).toMatchObject({
      source_name: 'job',
      evidence: 'observed',
      'policies.enforced_policies': ['0|default|shop/knp.default.to-db|deny|-1'],
    })
  })
})

describe('a pod that is gone for longer', () => {
  it('is nobody that policy knows', () => {
    const it = createJudgedCluster(guarded, now - 1_000)
    it.put(job, now - 900)
    it.remove('uid-job', now - 500)
    it.setNow(now)
    it.trim()
    const atDb = it.row(dbFromWeb({ outcome: 'established' }, { ...interval(now), source_ip: '10.244.1.9' }))
    expect(atDb['evidence_missing']).toEqual(['labels of the pod that had 10.244.1.9'])
  })
  it('and came back under its name is the one that is there', () => {
    const it = createJudgedCluster(guarded, now - 100)
    it.put(job, now - 50)
    it.remove('uid-job', now - 20)
    it.put(
      pod('shop/job', '10.244.1.10', 'n1').replace('uid-job', 'uid-next').replace('app: job', 'app: web'),
      now - 15,
    )
    it.setNow(now + 600)
    it.trim()
    const next: Sent = {
      ...webTo(
        '10.244.2.2',
        { pod_uid: 'uid-next', outcome: 'unanswered' },
        { ...interval(now + 600), source_ip: '10.244.1.10' },
      ),
      epoch: 'next',
    }
    expect(enforced(it.row(next))).toEqual(['0|__PROFILE__|__PROFILE__.kns.shop|allow|0'])
  })
})
