/** Which files are mutated, and how they are scored. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'

/** Least share of mutants killed, in percent. The page is reported and not held. */
const LEAST = [
  [/^src\/web(\/|$)/, 0],
  [/^(assembly|src\/(engine|data|checkpoint))(\/|$)/, 90],
  [/^src(\/|$)/, 80],
]

/** @returns {number} the share that a folder is held to */
export const leastOf = (folder) => LEAST.find(([folders]) => folders.test(folder))?.[1] ?? 0

/** The folder that a file is scored in: assembly, src, or a folder of src. */
export function folderOf(file) {
  const [top, ...rest] = file.split('/')
  return top === 'src' && rest.length > 1 ? `src/${rest[0]}` : top
}

export const isCore = (file) => file.startsWith('assembly/')

/**
 * @param words files and folders, from the root; none: assembly and src without the page
 * @throws {Error} when there is none, or it is outside
 */
export function filesOf(root, words) {
  if (words.length === 0) {
    return filesOf(root, ['assembly', 'src']).filter((file) => !file.startsWith('src/web/'))
  }
  const found = words.flatMap((word) => {
    const path = posix.normalize(word).replace(/\/$/, '')
    if (!existsSync(join(root, path))) throw new Error(`there is no ${word}`)
    const inside = statSync(join(root, path)).isDirectory() ? below(root, path) : [path]
    const files = inside.filter((file) => /^(assembly|src)\/.*(?<!\.d)\.ts$/.test(file))
    if (files.length === 0) throw new Error(`${word} has no TypeScript file of assembly or src`)
    return files
  })
  return [...new Set(found)].sort()
}

/** All files below a folder, by path from the root. */
export function below(root, folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.relative(root, posix.join(entry.parentPath, entry.name)))
    .sort()
}
