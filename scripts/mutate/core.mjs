/** The builds of the core, compiled in memory from its sources with one file changed. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import asc from 'assemblyscript/asc'

/** The changed source does not compile. */
export class CompileError extends Error {}

/** Tests by path, in batches: the quickest first. */
const BATCHES = [
  [/^test\/assembly\//, /golden[^/]*$/],
  [/^test\/engine\//, /\/(adam|tape|batch)[^/]*$/],
  [/^test\/fuzz\//],
]

/** In the order in which they are tried. */
const BUILDS = [
  {
    name: 'core.wasm',
    words: ['assembly/index.ts', '--target', 'release'],
    batches: BATCHES,
  },
  {
    // For asserts. Else it stays as it is: the fuzzer compares it with the release build.
    name: 'core.debug.wasm',
    words: ['assembly/index.ts', '--target', 'debug'],
    batches: BATCHES,
    onlyFirst: true,
  },
  {
    name: 'core.threads.wasm',
    words: ['assembly/threads.ts', '--target', 'threads'],
    batches: [[/^test\/assembly\//], [/thread/]],
  },
  {
    name: 'peak.wasm',
    batches: [[/^test\/assembly\//]],
    words: [
      ...['assembly/peak.ts', '--config', 'none', '--runtime', 'stub', '--noAssert', '-O3'],
      ...['--enable', 'simd'],
    ],
  },
]

export class Cores {
  #root
  #plain = new Map()

  constructor(root) {
    this.#root = root
  }

  /** The unchanged build. */
  async plain(build) {
    if (!this.#plain.has(build)) this.#plain.set(build, await this.#compile(build))
    return this.#plain.get(build)
  }

  /**
   * Compiles the cores with one file changed.
   * @yields {object} each build that the change changes, with its bytes and the tests for it; none
   *   when the change means nothing
   * @throws {Error} when it does not compile
   */
  async *changed(file, text) {
    let first = true
    for (const build of BUILDS) {
      if (build.onlyFirst && !first) continue
      const plain = await this.plain(build)
      const bytes = await this.#compile(build, file, text)
      if (bytes.equals(plain)) continue
      first = false
      yield { path: `build/${build.name}`, bytes, plain, batches: build.batches }
    }
  }

  async #compile({ words }, file, text) {
    let bytes
    const stderr = asc.createMemoryStream()
    const args = ['--baseDir', this.#root, ...words, '--outFile', 'build/mutant.wasm']
    const { error } = await asc.main(args, {
      stderr,
      stdout: asc.createMemoryStream(),
      readFile: (name, folder) => (name === file ? text : textOf(join(folder, name))),
      writeFile(name, contents) {
        if (name.endsWith('.wasm')) bytes = Buffer.from(contents)
      },
      listFiles: () => [],
    })
    if (error) throw new CompileError(stderr.toString())
    return bytes
  }
}

/** null: what the compiler takes for a file that is not there. */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
