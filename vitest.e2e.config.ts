import { defineConfig } from 'vitest/config'

/** Whole processes, the kernel lab, the cluster and a real browser, one file at a time: they share the machine's kernel. */
export default defineConfig({
  test: {
    include: ['test/{e2e,lab,cluster,browser}/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // What is waited for comes when it comes; without a limit of ours it would have to come within a second.
    expect: { poll: { timeout: 60_000, interval: 100 } },
    fileParallelism: false,
  },
})
