import { readFileSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const root = new URL('./', import.meta.url)

const inBrowser = readdirSync(new URL('test', root), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `test/${name.replaceAll('\\', '/')}`)
  .filter((name) => /\binBrowser\(/.test(readFileSync(new URL(name, root), 'utf8')))

// Nothing takes that long, except on a very busy machine.
const common = { testTimeout: 300_000, hookTimeout: 300_000 }

export default defineConfig({
  test: {
    globalSetup: ['test/helpers/build.ts'],
    // A browser test also waits: another file can run in the meantime, even on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Vitest sorts them by name: the tests of `browser` come first, and its processes are used again
    // only for the next file of their kind.
    projects: [
      {
        test: {
          ...common,
          name: 'browser',
          include: inBrowser,
          globalSetup: ['test/helpers/chromium.ts'],
          // These files share a browser and its pages, whose start takes longer than most tests.
          isolate: false,
        },
      },
      { test: { ...common, name: 'node', include: ['test/**/*.test.ts'], exclude: inBrowser } },
    ],
  },
})
