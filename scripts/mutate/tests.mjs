/** Which tests a mutant is run against, nearest first. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, join, posix } from 'node:path'
import { below } from './files.mjs'

/** A relative path in quotes: of an import, a URL or a file that is read. */
const PATH = /(['"`])(\.{1,2}\/[^'"`\s]+)\1/g
/** A bundle: those tests see a change only when it is built. */
const BUNDLE = /\bbuild\/[\w.$\-{}]+\.js\b/

/** What the files of test and src name, and what follows from it for tests. */
export class TestGraph {
  #edges = new Map()
  #root
  /** @type {string[]} */
  tests

  constructor(root) {
    this.#root = root
    // Tests of scripts run none of what is mutated.
    this.tests = below(root, 'test').filter(
      (file) => file.endsWith('.test.ts') && !file.startsWith('test/scripts/'),
    )
  }

  /** @returns {string[][]} tests by the patterns of each batch, each test once; none of the page */
  matching(batches) {
    const left = new Set(this.tests.filter((test) => !test.startsWith('test/web/')))
    return batches.map((patterns) => {
      const batch = [...left].filter((test) => patterns.some((pattern) => pattern.test(test)))
      for (const test of batch) left.delete(test)
      return batch
    })
  }

  /** Whether a test, or what it imports from test, starts a bundle. */
  usesBundles(test) {
    return [...this.#distances(test).keys()].some(
      (file) => file.startsWith('test/') && this.#read(file).bundles,
    )
  }

  /**
   * @returns {string[][]} tests of a file of src in batches: those that import it or have its name,
   *   those with the name of one of its folders in their path, of both then those that start a
   *   bundle, others that reach it, and all others that start a bundle
   */
  related(file) {
    const name = basename(file, '.ts')
    const folders = posix.dirname(file).split('/').slice(1)
    const [near, ofFolder, builtNear, far, built] = [[], [], [], [], []]
    for (const test of this.tests) {
      const isOfFolder = folders.some((folder) => test.includes(folder))
      if (test.startsWith('test/web/') && !isOfFolder) continue
      const distance = this.#distances(test).get(file)
      const isNear = basename(test, '.test.ts') === name || distance === 1
      if (this.usesBundles(test)) (isOfFolder || isNear ? builtNear : built).push(test)
      else if (isNear) near.push(test)
      else if (distance !== undefined) (isOfFolder ? ofFolder : far).push(test)
    }
    return [near, ofFolder, builtNear, far, built]
  }

  /** Steps from a test to each file that it reaches. */
  #distances(test) {
    const found = new Map([[test, 0]])
    for (const [file, distance] of found) {
      for (const next of this.#read(file).paths) {
        if (!found.has(next)) found.set(next, distance + 1)
      }
    }
    return found
  }

  #read(file) {
    if (!this.#edges.has(file)) {
      const text = readFileSync(join(this.#root, file), 'utf8')
      const paths = [...text.matchAll(PATH)]
        .map(([, , path]) => posix.join(posix.dirname(file), path).replace(/\.js$/, '.ts'))
        .filter((path) => path.endsWith('.ts') && existsSync(join(this.#root, path)))
      this.#edges.set(file, { paths: new Set(paths), bundles: BUNDLE.test(text) })
    }
    return this.#edges.get(file)
  }
}

/** Milliseconds of test files, as Vitest has noted them; none before its first run. */
export function earlierTimes(root) {
  const cache = 'node_modules/.vite/vitest'
  return new Map(
    below(root, cache)
      .filter((file) => basename(file) === 'results.json')
      .flatMap((file) => JSON.parse(readFileSync(join(root, file), 'utf8')).results)
      .map(([test, { duration }]) => [test.slice(test.indexOf(':') + 1), duration]),
  )
}
