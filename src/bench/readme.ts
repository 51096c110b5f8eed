/** Tables that a command keeps in a Markdown file, between two comments that bear its name. */
import { readFileSync, writeFileSync } from 'node:fs'

/**
 * A text with a new block between <!-- name --> and <!-- /name -->.
 * @throws {Error} when the text has no such place
 */
export function replaceBlock(text: string, name: string, block: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const from = text.indexOf(start)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`there is no place between ${start} and ${end}`)
  return `${text.slice(0, from + start.length)}\n\n${block}\n\n${text.slice(to)}`
}

/** @throws {Error} when a file has no such place */
export function checkBlock(file: string, name: string): void {
  replaceBlock(readFileSync(file, 'utf8'), name, '')
}

/** The same in a file. @throws {Error} as replaceBlock does */
export function writeBlock(file: string, name: string, block: string): void {
  writeFileSync(file, replaceBlock(readFileSync(file, 'utf8'), name, block))
}
