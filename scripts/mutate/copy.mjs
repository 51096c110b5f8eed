/** Temporary copies of a repository: mutants are written there and nowhere else. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

/** For the temporary files of tests: what is killed leaves them. */
export const TEMPORARY = '.temporary'
/** `build/peers` holds the packages of `npm run bench:peers`: hundreds of megabytes. */
const LEFT_OUT = new Set([
  ...['.git', 'coverage', 'node_modules', TEMPORARY],
  join('build', 'peers'),
])

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
      if (!LEFT_OUT.has(name)) this.restore(from, name)
    }
    symlinkSync(join(from, 'node_modules'), join(this.root, 'node_modules'))
  }

  write(file, contents) {
    writeFileSync(join(this.root, file), contents)
  }

  /** Copies a file or folder of a repository, over what is there. Times are kept. */
  restore(from, name) {
    const to = join(this.root, name)
    cpSync(join(from, name), to, {
      ...{ recursive: true, preserveTimestamps: true },
      filter: (path) => !LEFT_OUT.has(relative(from, path)),
    })
    keepTimes(join(from, name), to)
  }

  remove() {
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** Gives folders the times of those they are copies of: by times a build is stale or not. */
function keepTimes(from, to) {
  const stat = statSync(from)
  if (!stat.isDirectory()) return
  for (const name of readdirSync(from)) {
    if (existsSync(join(to, name))) keepTimes(join(from, name), join(to, name))
  }
  utimesSync(to, stat.atime, stat.mtime)
}
