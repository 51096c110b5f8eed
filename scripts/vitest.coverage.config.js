/** The suite as scripts/coverage.mjs runs it: every file of src counts, run or not. */
import { defineConfig, mergeConfig } from 'vitest/config'
import base from '../vitest.config.js'

export default mergeConfig(
  base,
  defineConfig({
    test: {
      setupFiles: ['test/helpers/count-lines.ts'],
      // Counting costs time.
      testTimeout: 300_000,
      coverage: {
        enabled: true,
        provider: 'v8',
        include: ['src/**/*.ts'],
        reporter: ['json'],
        reportOnFailure: true,
      },
    },
  }),
)
