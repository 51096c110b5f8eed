/** The words of npm run mutate. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

export const USAGE = `npm run mutate -- [FILE or FOLDER...] [options]

  --sample N   run N mutants of each folder, drawn at random (default: all)
  --seed S     of the sample: the same mutants for the same seed and source (default: 1)
  --jobs N     mutants at a time (default: half the processors)
  --slow S     leave out test files that take longer than S seconds (default: 120)
  --tests N    run at most N test files per mutant, the nearest and quickest (default: all)
  --json FILE  write the results
  --again FILE run the survivors in these results again, and write the results there
  --table      write the scores into CONTRIBUTING.md
  --list       print the mutants and run none
  --check      fail when a folder's score is below its threshold
  --help       print this`

/** @throws {Error} that says which word is wrong */
export function optionsOf(words) {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      sample: { type: 'string' },
      seed: { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(Math.max(1, availableParallelism() >> 1)) },
      slow: { type: 'string', default: '120' },
      tests: { type: 'string' },
      json: { type: 'string' },
      again: { type: 'string' },
      table: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const count = (name, least) => {
    const number = Number(values[name])
    if (Number.isInteger(number) && number >= least) return number
    throw new Error(`--${name} takes an integer of at least ${least}, got ${values[name]}`)
  }
  const { sample, seed, tests } = values
  const drawn = sample === undefined ? [] : ['--sample', sample, '--seed', seed]
  const limited = tests === undefined ? [] : ['--tests', tests]
  return {
    ...values,
    command: ['npm run mutate --', ...positionals, ...drawn, ...limited].join(' '),
    words: positionals,
    sample: values.sample === undefined ? Infinity : count('sample', 1),
    seed: count('seed', 0),
    jobs: count('jobs', 1),
    slow: count('slow', 1),
    tests: values.tests === undefined ? Infinity : count('tests', 1),
  }
}
