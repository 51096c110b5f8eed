/** The table of scores in CONTRIBUTING.md: a row per folder, each with the command of its run. */
import { readFileSync, writeFileSync } from 'node:fs'
import { folderOf, leastOf } from './files.mjs'

const [START, END] = ['<!-- npm run mutate -->', '<!-- /npm run mutate -->']
const HEAD = ['folder', 'killed', 'of', 'score', 'required', 'npm run mutate --']

/**
 * Writes the rows of a run over those of its folders. Rows of other folders stay.
 * @param rows of scores()
 * @param command what measured them
 * @throws {Error} when the file has no place for the table
 */
export function publish(file, rows, command) {
  writeFileSync(file, withRows(readFileSync(file, 'utf8'), rows, command))
}

/** The text with the new rows. */
export function withRows(text, rows, command) {
  const from = text.indexOf(START) + START.length
  const to = text.indexOf(END)
  if (from < START.length || to < from) throw new Error(`no place between ${START} and ${END}`)
  const cells = new Map(
    text
      .slice(from, to)
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .slice(2)
      .map((line) => line.split('|').slice(1, -1))
      .map((row) => row.map((cell) => cell.trim()))
      .map((row) => [row[0], row]),
  )
  for (const { folder, killed, survived, score } of rows) {
    const percents = [score.toFixed(1), String(leastOf(folder))].map((number) => `${number} %`)
    const counts = [String(killed), String(killed + survived)]
    cells.set(folder, [folder, ...counts, ...percents, commandOf(folder, command)])
  }
  const sorted = [...cells.values()].sort(([a], [b]) => (a < b ? -1 : 1))
  return `${text.slice(0, from)}\n\n${markdown([HEAD, ...sorted])}\n\n${text.slice(to)}`
}

/** The words that measure a folder alone: a sample is of each folder. */
function commandOf(folder, command) {
  const words = command.split(' -- ')[1]?.split(' ') ?? []
  const options = words.findIndex((word) => word.startsWith('--'))
  const given = options < 0 ? words : words.slice(0, options)
  const own = given.filter(
    (word) => word === folder || (word.endsWith('.ts') && folderOf(word) === folder),
  )
  return [...(own.length > 0 ? own : [folder]), ...words.slice(given.length)].join(' ')
}

/** Aligned as Prettier does it. */
function markdown(rows) {
  const widths = HEAD.map((_, i) => Math.max(3, ...rows.map((row) => row[i].length)))
  const numeric = (i) => i > 0 && i < HEAD.length - 1
  const [head, ...others] = rows.map((row) => {
    const cells = row.map((cell, i) =>
      numeric(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]),
    )
    return `| ${cells.join(' | ')} |`
  })
  const rule = widths.map(
    (width, i) => '-'.repeat(width - (numeric(i) ? 1 : 0)) + (numeric(i) ? ':' : ''),
  )
  return [head, `| ${rule.join(' | ')} |`, ...others].join('\n')
}
