/** Runs mutants: each in a copy of the repository, against its tests, until one fails. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Copy } from './copy.mjs'
import { CompileError, Cores } from './core.mjs'
import { folderOf, isCore } from './files.mjs'
import { apply } from './mutants.mjs'
import { parse } from './parse.mjs'
import { TestGraph } from './tests.mjs'
import { runTests } from './vitest.mjs'

/**
 * How a mutant ended. killed: a test failed, or none ended in time. survived: all tests passed.
 * invalid: it does not compile. same: the compiled core is the same. Only the first two count.
 * @typedef {'killed' | 'survived' | 'invalid' | 'same'} Status
 */

/** A run may take so many times as long as without the mutant, and some milliseconds more. */
const PATIENCE = 3
/** Milliseconds for a test file that has not yet been run, for its start, and for a first run. */
const UNKNOWN = 10_000
const START = 1000
const FIRST = 1_200_000

export class MutationRun {
  #copies = []
  #cores
  #graph
  #jobs
  #prepare
  #root
  #rebuild
  #slow
  #spare
  #warn
  /** Milliseconds of test files. */
  #times = new Map()
  /** Those that were run without a mutant, and those of them that are not run again. */
  #measured = new Set()
  #leftOut = new Set()
  /** How many mutants each test has killed. */
  #kills = new Map()
  #measuring = Promise.resolve()

  /**
   * @param root the repository, which is only read
   * @param options.jobs mutants at a time
   * @param options.slow seconds; tests that take longer are left out
   * @param options.spare milliseconds that a run may take longer than PATIENCE allows
   * @param options.prepare builds what the tests need, in a copy
   * @param options.rebuild builds the bundles, in a copy whose src has changed
   * @param options.warn takes what the user should know
   */
  constructor(root, { jobs, slow, spare, prepare, rebuild, warn }) {
    this.#spare = spare
    this.#slow = slow * 1000
    this.#rebuild = rebuild
    this.#warn = warn
    this.#jobs = jobs
    this.#prepare = prepare
    this.#root = root
  }

  /** Makes the copies. */
  open() {
    const plain = new Copy(this.#root)
    this.#copies.push(plain)
    this.#root = plain.root
    this.#prepare(plain.root)
    for (let i = 0; i < this.#jobs; i++) this.#copies.push(new Copy(plain.root))
    this.#cores = new Cores(plain.root)
    this.#graph = new TestGraph(plain.root)
  }

  /** Removes the copies. */
  close() {
    for (const copy of this.#copies) copy.remove()
  }

  /**
   * @param report called with each result as it comes
   * @returns each mutant with its folder, status and the test that killed it, in the order given
   */
  async run(mutants, report = () => {}) {
    const results = Array(mutants.length)
    let next = 0
    const work = async (copy) => {
      while (next < mutants.length) {
        const i = next++
        const mutant = mutants[i]
        const { file, line, source, change } = mutant
        const ended = await this.#one(mutant, copy)
        results[i] = { folder: folderOf(file), file, line, source, change, ...ended }
        report(results[i])
      }
    }
    await Promise.all(this.#copies.slice(1).map(work))
    return results
  }

  async #one(mutant, copy) {
    const { file } = mutant
    const text = readFileSync(join(this.#root, file), 'utf8')
    const changed = apply(text, mutant)
    if (!parses(file, changed)) return { status: 'invalid' }
    if (!isCore(file)) {
      const batches = this.#graph.related(file)
      return this.#tried({ path: file, plain: text, bytes: changed, batches }, copy)
    }
    let result = { status: 'same' }
    try {
      for await (const { batches, ...build } of this.#cores.changed(file, changed)) {
        result = await this.#tried({ ...build, batches: this.#graph.matching(batches) }, copy)
        if (result.status === 'killed') break
      }
    } catch (error) {
      if (!(error instanceof CompileError)) throw error
      return { status: 'invalid' }
    }
    return result
  }

  /** Runs tests with a file of a copy changed, which is put back afterwards. */
  async #tried({ path, plain, bytes, batches }, copy) {
    copy.write(path, bytes)
    try {
      for (const batch of batches) {
        if (path.startsWith('src/') && batch.some((test) => this.#graph.usesBundles(test))) {
          if (!this.#rebuild(copy.root)) return { status: 'killed', by: 'the build' }
        }
        const by = await this.#killer(batch, copy)
        if (by !== undefined) return { status: 'killed', by }
      }
      return { status: 'survived' }
    } finally {
      copy.write(path, plain)
    }
  }

  /** Runs tests. @returns the file that failed, or what else ended them; undefined: all passed */
  async #killer(batch, { root }) {
    for (;;) {
      const tests = this.#ordered(batch)
      if (tests.length === 0) return undefined
      const time = tests.reduce((sum, test) => sum + (this.#times.get(test) ?? UNKNOWN) + START, 0)
      const timeout = PATIENCE * time + this.#spare
      const { passed, timedOut, files } = await runTests(root, tests, { timeout })
      for (const file of files) {
        if (file.passed && !this.#measured.has(file.test)) this.#times.set(file.test, file.time)
      }
      if (passed) return undefined
      const killer = files.find((file) => !file.passed)?.test
      const suspects = killer ? [killer] : tests
      const sure = suspects.every((test) => this.#measured.has(test))
      if (!sure) await this.#measure(suspects)
      if (killer && !this.#leftOut.has(killer)) {
        this.#kills.set(killer, (this.#kills.get(killer) ?? 0) + 1)
        return killer
      }
      // Else once more, without the tests that fail anyway and with the time that they need.
      if (sure) return timedOut ? 'the time limit' : 'a crash'
    }
  }

  /** Those that are run: the ones that have killed most come first, then the quickest. */
  #ordered(batch) {
    const kills = (test) => this.#kills.get(test) ?? 0
    const time = (test) => this.#times.get(test) ?? UNKNOWN
    return batch
      .filter((test) => !this.#leftOut.has(test))
      .sort((a, b) => kills(b) - kills(a) || time(a) - time(b))
  }

  /** Runs tests without a mutant: those that fail or are slow say nothing. */
  async #measure(tests) {
    // One at a time: two jobs may ask for the same tests.
    this.#measuring = this.#measuring.then(async () => {
      const left = tests.filter((test) => !this.#measured.has(test))
      if (left.length === 0) return
      const { files } = await runTests(this.#root, left, { timeout: FIRST, bail: false })
      for (const test of left) {
        const { passed = false, time = 0 } = files.find((file) => file.test === test) ?? {}
        this.#measured.add(test)
        this.#times.set(test, time)
        if (!passed) this.#leaveOut(test, 'fails without a mutant')
        else if (time > this.#slow) this.#leaveOut(test, `takes ${Math.round(time / 1000)} s`)
      }
    })
    await this.#measuring
  }

  #leaveOut(test, why) {
    this.#leftOut.add(test)
    this.#warn(`${test} ${why}: left out`)
  }
}

function parses(file, text) {
  try {
    parse(file, text)
    return true
  } catch {
    return false
  }
}
