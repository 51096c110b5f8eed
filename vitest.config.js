import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/build.ts'],
    testTimeout: 60_000,
    // Most of a browser test is waiting: another file can run meanwhile, on two cores too.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
})
