/** The suite as a mutant meets it: given files in a given order, up to the first that fails. */
import { writeSync } from 'node:fs'
import base from '../../vitest.config.js'

const tests = JSON.parse(process.env.MUTATE_TESTS)
const [browser, node] = ['browser', 'node'].map(
  (name) => base.test.projects.find(({ test }) => test.name === name).test,
)
const needsBrowser = tests.some((test) => browser.include.includes(test))

class InOrder {
  shard(files) {
    return files
  }

  sort(files) {
    const place = ({ moduleId }) => tests.findIndex((test) => moduleId.endsWith(`/${test}`))
    return files.toSorted((a, b) => place(a) - place(b))
  }
}

/** Tells vitest.mjs which file begins and how each ended, a line of JSON each. */
class Progress {
  onTestModuleQueued({ moduleId }) {
    writeSync(3, `${JSON.stringify({ file: moduleId })}\n`)
  }

  onTestModuleEnd(module) {
    writeSync(3, `${JSON.stringify({ file: module.moduleId, passed: module.ok() })}\n`)
  }
}

export default {
  cacheDir: '.vite',
  test: {
    ...node,
    include: tests,
    exclude: [],
    reporters: [new Progress()],
    // What is built is the mutant: nothing may build it anew.
    globalSetup: needsBrowser ? browser.globalSetup : [],
    maxWorkers: 1,
    sequence: { sequencer: InOrder },
  },
}
