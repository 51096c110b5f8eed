/** Tables that a command writes into a Markdown file, between two comments with its name. */
import { readFileSync, writeFileSync } from 'node:fs'

/** Where `--readme` without a file writes: all tables of the benchmarks. */
export const BENCHMARKS = 'docs/benchmarks.md'
/** The guides that show the comparison with other engines. */
export const PEER_GUIDES = [BENCHMARKS, 'docs/onward.md']

/**
 * The flags, with files in place of each bare `--readme`.
 * @param argv flags as given
 * @param files what it means without a file
 */
export function withReadmeFile(argv: readonly string[], files = [BENCHMARKS]): string[] {
  return argv.flatMap((flag, i) => {
    const next = argv[i + 1]
    const bare = flag === '--readme' && (next === undefined || next.startsWith('--'))
    return bare ? files.flatMap((file) => [flag, file]) : [flag]
  })
}

/**
 * A text with a new block between <!-- name --> and <!-- /name -->.
 * @throws {Error} when the text lacks one of the comments
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

/** The same for a file. @throws {Error} as replaceBlock does */
export function writeBlock(file: string, name: string, block: string): void {
  writeFileSync(file, replaceBlock(readFileSync(file, 'utf8'), name, block))
}
