// Every case of the upstream projects, where the data are at hand. In CI their absence is a failure, elsewhere it is said.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { conformanceDirectory, runSuite, suites } from '../conformance.ts'

const isCi = process.env.CI === 'true'

describe.each(Object.entries(suites))('conformance: %s', (name, suite) => {
  const path = join(conformanceDirectory, suite.file)
  const isHere = existsSync(path)
  it.skipIf(!isHere && !isCi)(
    `passes every case${isHere ? '' : ` (no ${suite.file} here; set MARGAY_CONFORMANCE)`}`,
    () => {
      expect(isHere, `conformance data for ${name} are missing; set MARGAY_CONFORMANCE`).toBe(true)
      const { lines, failed } = runSuite(suite, path)
      expect(failed, lines.join('\n')).toBe(0)
      expect(lines.at(-1)).toMatch(/^[1-9]\d* passed, 0 failed$/)
    },
  )
})
