/** The survivors of an earlier run, to be run again. */
import { readFileSync } from 'node:fs'

const same = (a) => (b) => a.file === b.file && a.source === b.source && a.change === b.change

/**
 * @param path results, as --json writes them
 * @param all mutants that are not listed as equivalent
 * @returns the command of that run, the mutants to run again, and what puts their results in the
 *   places of the earlier ones; survivors that are listed by now, or gone from the source, are left
 *   out
 */
export function rerun(path, all) {
  const { command, results } = JSON.parse(readFileSync(path, 'utf8'))
  // Of several equal changes of equal lines, each result takes one: the nearest.
  const left = new Set(all)
  const places = results.map((result) => {
    if (result.status !== 'survived') return { result }
    const away = ({ line }) => Math.abs(line - result.line)
    const [mutant] = [...left].filter(same(result)).sort((a, b) => away(a) - away(b))
    left.delete(mutant)
    return { mutant }
  })
  const mutants = places.flatMap(({ mutant }) => mutant ?? [])
  return {
    command,
    mutants,
    finish(again) {
      const next = again.values()
      return places.flatMap(({ result, mutant }) => result ?? (mutant ? next.next().value : []))
    },
  }
}
