/** What an earlier build left. */
import { readdirSync, rmSync, statSync } from 'node:fs'

/**
 * Removes files of a folder, and of those below it, that are older than a date.
 * @param isOutput whether a build writes a file of this name, which is relative to the folder
 */
export function removeOlderThan(folder, date, isOutput) {
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = `${folder}/${name}`
    const stat = statSync(path)
    if (stat.isFile() && isOutput(name) && stat.mtime < date) rmSync(path)
  }
}
