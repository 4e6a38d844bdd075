import { defineConfig } from 'vitest/config'

/** Unit, contract and property tests: no root, no network, no running product. */
export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.{ts,tsx}',
      'apps/*/src/**/*.test.{ts,tsx}',
      'scripts/**/*.test.ts',
      'test/*.test.ts',
    ],
    testTimeout: 60_000,
    // Hooks start whole stores; on a machine that others use too, that took over ten seconds.
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
})
