/** Chunks of bundles, which have a hash in their names: a changed source gives them other names. */
import { removeOlderThan } from '../old-files.mjs'

const CHUNK = /-[A-Z0-9]{8}\.js(\.map)?$/

/** Removes chunks that an earlier build wrote: the package would be larger than what is built. */
export const removeOldChunks = (folder, date) =>
  removeOlderThan(folder, date, (name) => CHUNK.test(name))
