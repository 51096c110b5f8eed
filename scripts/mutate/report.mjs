/** What a run says: the score by folder, survivors, and folders below their least. */
import { leastOf } from './files.mjs'

/**
 * @param results with folder and status
 * @returns per folder, sorted: mutants killed and survived, and the score in percent
 */
export function scores(results) {
  const folders = new Map()
  for (const { folder, status } of results) {
    if (status !== 'killed' && status !== 'survived') continue
    const counts = folders.get(folder) ?? { folder, killed: 0, survived: 0 }
    counts[status]++
    folders.set(folder, counts)
  }
  return [...folders.values()]
    .map((counts) => Object.assign(counts, { score: scoreOf(counts) }))
    .sort((a, b) => (a.folder < b.folder ? -1 : 1))
}

const scoreOf = ({ killed, survived }) => (100 * killed) / (killed + survived)

/** Folders whose score is below what they are held to. */
export const below = (rows) => rows.filter(({ folder, score }) => score < leastOf(folder))

export function table(rows) {
  const total = { folder: 'all', killed: 0, survived: 0 }
  for (const { killed, survived } of rows) {
    total.killed += killed
    total.survived += survived
  }
  const all = rows.length > 1 ? [...rows, { ...total, score: scoreOf(total) }] : rows
  const width = Math.max(6, ...all.map(({ folder }) => folder.length))
  return [
    `${'folder'.padEnd(width)}   killed  survived   score  least`,
    ...all.map(({ folder, killed, survived, score }) => {
      const numbers = `${String(killed).padStart(7)}${String(survived).padStart(10)}`
      const least = leastOf(folder)
      return `${folder.padEnd(width)}  ${numbers}${score.toFixed(1).padStart(8)}${String(least || '').padStart(7)}`
    }),
  ]
    .map((line) => line.trimEnd())
    .join('\n')
}

/** One line per mutant: its place, the change, and the line that it is in. */
export const placed = ({ file, line, change, source }) =>
  `${file}:${line}  ${change}  in  ${source}`
