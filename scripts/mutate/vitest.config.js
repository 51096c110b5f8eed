/** The suite as a mutant meets it: given files in a given order, up to the first that fails. */
import base from '../../vitest.config.js'

const tests = JSON.parse(process.env.MUTATE_TESTS)

class InOrder {
  shard(files) {
    return files
  }

  sort(files) {
    const place = ({ moduleId }) => tests.findIndex((test) => moduleId.endsWith(`/${test}`))
    return files.toSorted((a, b) => place(a) - place(b))
  }
}

export default {
  ...base,
  cacheDir: '.vite',
  test: {
    ...base.test,
    include: tests,
    // What is built is the mutant: nothing may build it anew.
    globalSetup: [],
    maxWorkers: 1,
    // Mutants run beside each other; what hangs is ended with the whole run.
    testTimeout: 300_000,
    sequence: { sequencer: InOrder },
  },
}
