/** `npm run bench`: how fast each engine trains, samples and starts, with the shipped names. */
import { accessSync, constants, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { PROCESSES } from './child.js'
import { measureRounds } from './rounds.js'
import { checkBlock, withReadmeFile, writeBlock } from './readme.js'
import { scalingTables } from './scaling/table.js'
import { table } from './table.js'

const HELP = `usage: microgpt-wasm bench [--preset tutorial|gist] [--rounds N] [--sizes] [--scaling] [--json [FILE]] [--markdown]
                          [--readme [FILE]]

Times the WebAssembly core, the two TypeScript engines, and CPython where python3 is available.

  --preset NAME    tutorial or gist (tutorial)
  --rounds N       number of rounds of measurements (5)
  --sizes          also measure larger models, in batches: takes half a minute longer
  --scaling        also measure how the cost grows with batch, documents, parameters and threads:
                   takes a minute longer
  --json           print the numbers as JSON; with a FILE, write them there and print the table
  --markdown       print the table as Markdown
  --readme [FILE]  also measure --scaling, and write its tables into FILE
                   (docs/benchmarks.md), between <!-- bench --scaling --> and its end
`

/** Why a file cannot be written, before anything is measured. */
function unwritable(file: string): string | undefined {
  const folder = statSync(dirname(resolve(file)), { throwIfNoEntry: false })
  if (!folder?.isDirectory()) return `--json ${file}: there is no such folder`
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat && !stat.isFile()) return `--json ${file}: it is not a regular file`
  try {
    accessSync(stat ? file : dirname(resolve(file)), constants.W_OK)
  } catch {
    return `--json ${file}: it is not permitted`
  }
  return undefined
}

/** Why a file has no place for the tables. */
function unreadable(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (!stat?.isFile()) return `--readme ${file}: there is no such file`
  try {
    checkBlock(file, 'bench --scaling')
    accessSync(file, constants.W_OK)
  } catch (error) {
    return `--readme ${file}: ${(error as Error).message.split('\n')[0]}`
  }
  return undefined
}

/** Reports a mistake in the flags; exit code 2. */
const usage = (message: string): number => {
  process.stderr.write(`${message}; see microgpt-wasm bench --help\n`)
  return 2
}

/**
 * Runs the benchmark and prints it.
 * @param argv the flags after `bench`
 * @param processes measures each engine in a process; tests give known figures
 * @returns the exit code
 */
export async function runBench(argv: string[], processes = PROCESSES): Promise<number> {
  let parsed
  try {
    parsed = parseArgs({
      args: withReadmeFile(argv),
      allowPositionals: true,
      options: {
        preset: { type: 'string', default: 'tutorial' },
        rounds: { type: 'string', default: '5' },
        sizes: { type: 'boolean', default: false },
        scaling: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        markdown: { type: 'boolean', default: false },
        readme: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    return usage((error as Error).message.split('. ')[0]!)
  }
  const { values, positionals } = parsed
  const rounds = Number(values.rounds)
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  if (values.preset !== 'tutorial' && values.preset !== 'gist') {
    return usage(`--preset must be tutorial or gist, got ${values.preset}`)
  }
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 1000)) {
    return usage(`--rounds must be a whole number from 1 to 1000, got ${values.rounds}`)
  }
  const [file, ...rest] = positionals
  if (rest.length > 0 || (file !== undefined && !values.json)) {
    return usage(`bench takes no argument but the file of --json, got ${positionals.join(' ')}`)
  }

  if (values.readme !== undefined) values.scaling = true

  const trouble = (file && unwritable(file)) || (values.readme && unreadable(values.readme))
  if (trouble) return usage(trouble)

  const live = process.stderr.isTTY
  const say = (text: string) => {
    if (live) process.stderr.write(`\r\x1b[K${text}`)
  }
  const report = await measureRounds(values.preset, rounds, values, say, processes)
  say('')
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
  if (values.readme !== undefined) {
    const block = scalingTables(report.scaling!, report.machine, true).join('\n')
    writeBlock(values.readme, 'bench --scaling', block)
  }
  const toStdout = values.json && file === undefined
  process.stdout.write(`${toStdout ? JSON.stringify(report) : table(report, values.markdown)}\n`)
  return 0
}
