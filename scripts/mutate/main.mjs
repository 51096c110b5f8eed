/**
 * npm run mutate: puts small faults into src and assembly, one at a time, and says which of them no
 * test notices. The sources are changed in temporary copies only. See CONTRIBUTING.md.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rerun } from './again.mjs'
import { partEquivalent, readEquivalent } from './equivalent.mjs'
import { filesOf, folderOf } from './files.mjs'
import { mutantsOf } from './mutants.mjs'
import { USAGE, optionsOf } from './options.mjs'
import { publish } from './published.mjs'
import { below, placed, scores, table } from './report.mjs'
import { MutationRun } from './run.mjs'
import { sampleOf } from './sample.mjs'
import { endTests, runTests } from './vitest.mjs'

const REBUILD = fileURLToPath(new URL('rebuild.mjs', import.meta.url))

/** Runs a script in a folder. @returns whether it succeeded */
function script(cwd, path, ...words) {
  const { status } = spawnSync(process.execPath, [path, ...words], { cwd, stdio: 'ignore' })
  return status === 0
}

/** What the tests load. A repository without a build needs none. */
function prepare(root) {
  const build = join(root, 'scripts/build.mjs')
  if (existsSync(build) && !script(root, build, '--if-stale')) throw new Error('the build fails')
}

/**
 * @param root the repository
 * @param words of the command line
 * @param streams.out takes lines of the report, streams.err what is said meanwhile
 * @param settings.list of equivalent mutants
 * @param settings.spare milliseconds that a test file may take longer than expected
 * @param settings.test runs tests, as runTests does
 * @returns the exit code: 0, or 1 with --check when a folder is below its threshold
 */
export async function mutate(
  root,
  words,
  streams,
  { list = readEquivalent(), spare = 15_000, test = runTests } = {},
) {
  const { out, err } = streams
  const options = optionsOf(words)
  if (options.help) {
    out(USAGE)
    return 0
  }
  const all = filesOf(root, options.words).flatMap((file) =>
    mutantsOf(file, readFileSync(join(root, file), 'utf8')),
  )
  const { run, listed, stale } = partEquivalent(all, list)
  for (const { file, source, change } of stale) {
    err(`equivalent.json: no mutant "${change}" of "${source}" in ${file}`)
  }
  // Drawn from all: an entry in the list does not change which others are drawn.
  const open = new Set(run)
  const drawn = sampleByFolder(all, options).filter((mutant) => open.has(mutant))
  const { command, mutants, finish } = options.again
    ? rerun(options.again, run)
    : { ...options, mutants: drawn, finish: (x) => x }
  if (options.list) {
    for (const mutant of mutants) out(placed(mutant))
    return 0
  }
  err(`${mutants.length} of ${all.length} mutants, ${listed.length} listed as equivalent`)
  const results = finish(await resultsOf(root, mutants, { ...options, spare, test }, err))
  const rows = scores(results)
  const survivors = results.filter(({ status }) => status === 'survived')
  const json = options.json ?? options.again
  if (json) writeFileSync(json, `${JSON.stringify({ command, folders: rows, results }, null, 2)}\n`)
  if (options.table) publish(join(root, 'CONTRIBUTING.md'), rows, command)
  for (const survivor of survivors) out(placed(survivor))
  out(`${survivors.length > 0 ? '\n' : ''}${table(rows)}`)
  const low = below(rows)
  for (const { folder } of low) err(`${folder} is below its threshold`)
  return options.check && low.length > 0 ? 1 : 0
}

/** So many of each folder: the same ones whichever folders are run. */
function sampleByFolder(mutants, { sample, seed }) {
  const folders = [...new Set(mutants.map(({ file }) => folderOf(file)))]
  return folders.flatMap((folder) => {
    const those = mutants.filter(({ file }) => folderOf(file) === folder)
    return sampleOf(those, sample, seed)
  })
}

async function resultsOf(root, mutants, { jobs, slow, spare, test, tests }, err) {
  if (mutants.length === 0) return []
  const rebuild = (copy) => !existsSync(join(copy, 'scripts')) || script(copy, REBUILD)
  const run = new MutationRun(root, {
    ...{ jobs, slow, spare, test, tests, prepare, rebuild },
    warn: err,
  })
  const close = () => {
    endTests()
    run.close()
  }
  const stop = () => {
    close()
    process.exit(130)
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  let done = 0
  try {
    run.open()
    return await run.run(mutants, (result) => {
      const { status, by } = result
      const how = by ? `${status} by ${by}` : status
      err(`${++done}/${mutants.length}  ${how}  ${placed(result)}`)
    })
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    close()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  try {
    process.exitCode = await mutate(root, process.argv.slice(2), {
      out: (line) => console.log(line),
      err: (line) => console.error(line),
    })
  } catch (error) {
    console.error(`mutate: ${error.message}`)
    process.exitCode = 2
  }
}
