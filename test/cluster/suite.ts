// Where a machine cannot have a cluster, tests that need one are left out and say why; in CI that is a failure.
import { describe, it } from 'vitest'
import { missing, type Extent } from './build/prerequisites.ts'

/** A suite that needs an API server or a whole cluster. The first build may take minutes: `.ci/run` does it beforehand. */
export function describeCluster(name: string, extent: Extent, define: () => void): void {
  const problems = missing(extent)
  if (problems.length === 0) return void describe(name, { timeout: startMs }, define)
  const why = problems.join('; ')
  if (process.env.CI) {
    it(`${name} can run here`, () => {
      throw new Error(why)
    })
  } else describe.skip(`${name} (left out: ${why})`, define)
}

/**
 * Time that a suite may take to come up, a build from nothing, on a machine that has other work. It is the limit of tests as
 * well: each of their waits has its own, which says for what it was.
 */
export const startMs = 1_800_000
