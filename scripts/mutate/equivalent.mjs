/** Mutants that change nothing one could test, from equivalent.json: they are left out of the score. */
import { readFileSync } from 'node:fs'

const LIST = new URL('equivalent.json', import.meta.url)

/** @returns the list, each with file, source (the line, trimmed), change ("from -> to") and reason */
export const readEquivalent = (path = LIST) => JSON.parse(readFileSync(path, 'utf8'))

const same = (entry) => (mutant) =>
  entry.file === mutant.file && entry.source === mutant.source && entry.change === mutant.change

/**
 * Parts the mutants of whole files.
 * @returns those to run, those that are listed, and entries for these files that match no mutant
 */
export function partEquivalent(mutants, list) {
  for (const entry of list) {
    if (!entry.reason)
      throw new Error(`${entry.file}: "${entry.source}" is listed without a reason`)
  }
  const files = new Set(mutants.map(({ file }) => file))
  const isListed = (mutant) => list.some((entry) => same(entry)(mutant))
  return {
    run: mutants.filter((mutant) => !isListed(mutant)),
    listed: mutants.filter(isListed),
    stale: list.filter((entry) => files.has(entry.file) && !mutants.some(same(entry))),
  }
}
