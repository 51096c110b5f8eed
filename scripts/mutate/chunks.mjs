/** Chunks of bundles, which have a hash in their names: a changed source gives them other names. */
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const CHUNK = /-[A-Z0-9]{8}\.js(\.map)?$/

/** Removes chunks that an earlier build wrote: the package would be larger than what is built. */
export function removeOldChunks(folder, date) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (CHUNK.test(name) && statSync(path).mtime < date) rmSync(path)
  }
}
