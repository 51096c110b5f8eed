/** Runs mutants: each in a copy of the repository, against its tests, until one fails. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Copy } from './copy.mjs'
import { CompileError, Cores } from './core.mjs'
import { folderOf, isCore } from './files.mjs'
import { apply } from './mutants.mjs'
import { parse } from './parse.mjs'
import { TestGraph, earlierTimes } from './tests.mjs'

/**
 * How a mutant ended. killed: a test failed, or none ended in time. survived: all tests passed.
 * invalid: it does not compile. same: the compiled core is the same. Only the first two count.
 * @typedef {'killed' | 'survived' | 'invalid' | 'same'} Status
 */

/** A test file may take so many times as long as without the mutant, and some milliseconds more. */
const PATIENCE = 3
/** Milliseconds that a test file is expected to take before it has been run, and to start. */
const UNKNOWN = 10_000
const START = 1000

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
  #test
  #tests
  #warn
  /** Milliseconds of test files, and those of earlier runs of Vitest, on other machines maybe. */
  #times = new Map()
  #earlier
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
   * @param options.spare milliseconds that a test file may take longer than PATIENCE allows
   * @param options.test runs tests, as runTests does
   * @param options.tests test files per mutant at most
   * @param options.prepare builds what the tests need, in a copy
   * @param options.rebuild builds the bundles, in a copy whose src has changed
   * @param options.warn takes what the user should know
   */
  constructor(root, { jobs, slow, spare, test, tests, prepare, rebuild, warn }) {
    this.#tests = tests
    this.#test = test
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
    this.#earlier = earlierTimes(plain.root)
    for (const [test, time] of this.#earlier) {
      const isSlow = time > this.#slow && this.#graph.tests.includes(test)
      if (isSlow) this.#leaveOut(test, `took ${Math.round(time / 1000)} s`)
    }
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
    const usesBundles = (test) => path.startsWith('src/') && this.#graph.usesBundles(test)
    const tests = batches.flatMap((batch) => this.#ordered(batch)).slice(0, this.#tests)
    const direct = tests.filter((test) => !usesBundles(test))
    const bundled = tests.filter(usesBundles)
    copy.write(path, bytes)
    try {
      const by = await this.#killer(direct, copy)
      if (by !== undefined) return { status: 'killed', by }
      if (bundled.length === 0) return { status: 'survived' }
      return await this.#triedBuilt(bundled, copy)
    } finally {
      copy.write(path, plain)
    }
  }

  /** The same with the bundles built from the changed sources. */
  async #triedBuilt(tests, copy) {
    try {
      if (!this.#rebuild(copy.root)) return { status: 'killed', by: 'the build' }
      const by = await this.#killer(tests, copy)
      return by === undefined ? { status: 'survived' } : { status: 'killed', by }
    } finally {
      copy.restore(this.#root, 'build')
    }
  }

  /** Runs tests. @returns the file that failed, or what else ended them; undefined: all passed */
  async #killer(chosen, { root }) {
    const passed = new Set()
    for (;;) {
      const tests = chosen.filter((test) => !passed.has(test) && !this.#leftOut.has(test))
      if (tests.length === 0) return undefined
      const limit = (test) => this.#limit(test)
      const run = await this.#test(root, tests, { limit })
      const slow = []
      for (const { test, time } of run.files.filter((file) => file.passed)) {
        passed.add(test)
        if (this.#measured.has(test)) continue
        if (time > this.#slow) slow.push(test)
        else this.#times.set(test, time)
      }
      await this.#measure(slow)
      if (run.passed) return undefined
      const killer = run.files.find((file) => !file.passed)?.test
      const suspects = killer ? [killer] : tests
      const sure = suspects.every((test) => this.#measured.has(test))
      if (!sure) await this.#measure(suspects)
      if (killer && !this.#leftOut.has(killer) && (sure || !run.timedOut)) {
        this.#kills.set(killer, (this.#kills.get(killer) ?? 0) + 1)
        return run.timedOut ? `the time limit of ${killer}` : killer
      }
      // Else once more, without the tests that fail anyway and with the time that they need.
      if (sure) return run.timedOut ? 'the time limit' : 'a crash'
    }
  }

  #limit(test) {
    const time = this.#times.get(test)
    return time === undefined ? this.#slow + this.#spare : PATIENCE * time + this.#spare
  }

  /** Those that are run, first those that kill most mutants per second. */
  #ordered(batch) {
    const rate = (test) => {
      const time = this.#times.get(test) ?? this.#earlier.get(test) ?? UNKNOWN
      return ((this.#kills.get(test) ?? 0) + 0.5) / (time + START)
    }
    return batch.filter((test) => !this.#leftOut.has(test)).sort((a, b) => rate(b) - rate(a))
  }

  /** Runs tests without a mutant: those that fail or are slow say nothing. */
  async #measure(tests) {
    // One at a time: two jobs may ask for the same tests.
    this.#measuring = this.#measuring.then(async () => {
      const limit = () => this.#slow + this.#spare
      for (const test of tests.filter((one) => !this.#measured.has(one))) {
        const { files } = await this.#test(this.#root, [test], { limit, bail: false })
        const [{ passed, time } = { passed: false, time: 0 }] = files
        this.#measured.add(test)
        this.#times.set(test, time)
        if (time > this.#slow) this.#leaveOut(test, `takes more than ${this.#slow / 1000} s`)
        else if (!passed) this.#leaveOut(test, 'fails without a mutant')
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
