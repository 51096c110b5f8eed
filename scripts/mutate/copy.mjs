/** Temporary copies of a repository: mutants are written there and nowhere else. */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** For the temporary files of tests: what is killed leaves them. */
export const TEMPORARY = '.temporary'
const LEFT_OUT = new Set(['.git', 'coverage', 'node_modules', TEMPORARY])

export class Copy {
  /** Where it is. */
  root = mkdtempSync(join(tmpdir(), 'microgpt-mutate-'))

  /** @param from the root of a repository, or of another copy */
  constructor(from) {
    // Tests start processes of users who own nothing.
    chmodSync(this.root, 0o755)
    mkdirSync(join(this.root, TEMPORARY))
    chmodSync(join(this.root, TEMPORARY), 0o777)
    for (const name of readdirSync(from)) {
      // Times are kept: by them a build is stale or not.
      const options = { recursive: true, preserveTimestamps: true }
      if (!LEFT_OUT.has(name)) cpSync(join(from, name), join(this.root, name), options)
    }
    symlinkSync(join(from, 'node_modules'), join(this.root, 'node_modules'))
  }

  write(file, contents) {
    writeFileSync(join(this.root, file), contents)
  }

  /** Copies a folder again. */
  restore(from, folder) {
    cpSync(join(from, folder), join(this.root, folder), {
      recursive: true,
      preserveTimestamps: true,
    })
  }

  remove() {
    rmSync(this.root, { recursive: true, force: true })
  }
}
