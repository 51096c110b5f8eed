/**
 * npm run coverage: runs the tests once, and says which lines of src and assembly they ran. Of src,
 * V8 counts what Vitest runs, and what processes that the tests start run of build/cli.js,
 * build/measure.js and build/peers/main.js; source maps, which are not shipped, lead back to the files. Of assembly, the
 * tests are given a debug core that sets a flag a line (count-lines.mjs). A line counts when a
 * statement begins on it. Fails when a test fails and, naming them, when files have less than 90 %
 * of their lines run. The page is reported and not held: it runs in the browser. The peers' own programs
 * in src/bench/peers, .mjs and .py, are not counted: they time other packages, which no test installs.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import { buildCountingCores } from './coverage-core.mjs'
import { LineReport, below, table } from './line-report.mjs'
import { nodeBundles, peersBundle } from './node-bundles.mjs'
import { RanText, placesIn } from './ran-of-bundle.mjs'

const LEAST = 90
const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)
const folder = mkdtempSync(join(tmpdir(), 'microgpt-coverage-'))
const folders = {
  vitest: join(folder, 'vitest'),
  cli: join(folder, 'cli'),
  lines: join(folder, 'lines'),
}
for (const path of Object.values(folders)) mkdirSync(path)
// Tests start processes of users who own nothing.
chmodSync(folder, 0o755)
chmodSync(folders.cli, 0o777)

const json = (path) => JSON.parse(readFileSync(path, 'utf8'))
const all = (path) => readdirSync(path).flatMap((name) => json(join(path, name)))

/** What a process ran; nothing of one that was kept from writing it all. */
function ranBy(name) {
  try {
    return json(join(folders.cli, name)).result
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}

/** Runs Vitest. @returns its exit code */
function runTests() {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const config = ['--root', root, '--config', 'scripts/vitest.coverage.config.js']
  const reports = [`--coverage.reportsDirectory=${folders.vitest}`, ...process.argv.slice(2)]
  const env = { ...process.env, LINES_FOLDER: folders.lines, CLI_COVERAGE: folders.cli }
  const args = [vitest, 'run', ...config, ...reports]
  return spawnSync(process.execPath, args, { env, stdio: 'inherit' }).status ?? 1
}

/** Lines of src: those that Vitest saw and, for the same statements, those that processes ran. */
async function reportSource() {
  const report = new LineReport()
  const bundles = await mappedBundles()
  for (const [path, { statementMap, s }] of Object.entries(
    json(join(folders.vitest, 'coverage-final.json')),
  )) {
    const file = relative(root, path)
    for (const [id, { start }] of Object.entries(statementMap)) {
      const elsewhere = bundles.some(({ place, ran }) => ran[place(file, start.line, start.column)])
      report.add(file, start.line, s[id] > 0 || elsewhere)
    }
  }
  return report
}

/** The bundles that Node runs, with what processes ran of them. */
async function mappedBundles() {
  const built = [nodeBundles, peersBundle].map((bundle) =>
    esbuild.build({ ...bundle, sourcemap: 'external', write: false }),
  )
  const outputFiles = (await Promise.all(built)).flatMap(({ outputFiles: files }) => files)
  const processes = readdirSync(folders.cli).flatMap(ranBy)
  return outputFiles
    .filter(({ path }) => path.endsWith('.js'))
    .map(({ path, text }) => {
      const bundle = relative(root, path)
      if (text !== readFileSync(path, 'utf8')) throw new Error(`${bundle} is not of these sources`)
      const ran = new RanText(text)
      for (const { url, functions } of processes) if (url.endsWith(`/${bundle}`)) ran.add(functions)
      const { text: map } = outputFiles.find((file) => file.path === `${path}.map`)
      return { ran: ran.ran, place: placesIn(text, JSON.parse(map), bundle) }
    })
}

/** Lines of assembly: those that any instance of any test ran. */
function reportCore(lines) {
  const report = new LineReport()
  for (const [file, found] of lines) for (const line of found) report.add(file, line, false)
  for (const place of all(folders.lines)) {
    const [file, line] = place.split(':')
    report.add(file, Number(line), true)
  }
  return report
}

const lines = await buildCountingCores('build/coverage')
await esbuild.build(peersBundle)
let status = runTests()
for (const [name, report] of [
  ['src', await reportSource()],
  ['assembly', reportCore(lines)],
]) {
  console.log(`\n${name}\n${table(report)}`)
  for (const { file, percent } of below(report, LEAST, (path) => path.startsWith('src/web/'))) {
    console.error(`${file}: ${percent.toFixed(1)} % of its lines were run, less than ${LEAST} %`)
    status ||= 1
  }
}
rmSync(folder, { recursive: true })
process.exitCode = status
