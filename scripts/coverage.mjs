/**
 * npm run coverage: lines that the tests run, of src (by Vitest) and of the command line, which the
 * tests start as processes of their own: V8 counts what of build/cli.js they ran, and the bundle says
 * which file each part of it comes from. Fails below 90 % of a file's lines. The page is left out.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const LEAST = 90
const root = fileURLToPath(new URL('..', import.meta.url))
const bundle = join(root, 'build/cli.js')
const folder = mkdtempSync(join(tmpdir(), 'microgpt-coverage-'))

/** What a test runs without a process of its own: Vitest counts it. */
const INSIDE = 'src/cli/progress.ts'
const left = ['web', 'worker', 'bench', 'data'].map((name) => `src/${name}/**`)
left.push('src/cli/!(progress).ts')
const words = [
  ...['run', '--coverage', '--coverage.include=src/**', '--coverage.reporter=text'],
  ...left.map((glob) => `--coverage.exclude=${glob}`),
  ...['--coverage.thresholds.perFile', `--coverage.thresholds.lines=${LEAST}`],
  ...['--exclude=test/web/**', ...process.argv.slice(2)],
]
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const env = { ...process.env, CLI_COVERAGE: folder }
const { status } = spawnSync(process.execPath, [vitest, ...words], {
  cwd: root,
  env,
  stdio: 'inherit',
})

const text = readFileSync(bundle, 'utf8')
/** 1 for each character that some process ran. */
const ran = new Uint8Array(text.length)
for (const name of readdirSync(folder)) mark(readFileSync(join(folder, name), 'utf8'))
rmSync(folder, { recursive: true })
const low = report()
process.exitCode = status || (low ? 1 : 0)

/** Adds one process's ranges: an inner one overrides those around it. */
function mark(json) {
  for (const { url, functions } of JSON.parse(json).result) {
    if (!url.endsWith('/build/cli.js')) continue
    const counts = new Uint8Array(text.length)
    const ranges = functions.flatMap(({ ranges: list }) => list)
    ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset)
    for (const { startOffset, endOffset, count } of ranges) {
      counts.fill(count > 0 ? 1 : 0, startOffset, endOffset)
    }
    for (let i = 0; i < ran.length; i++) ran[i] |= counts[i]
  }
}

function isCode(line) {
  return /\w/.test(line) && !/^\s*(\/\/|\/?\*|import )/.test(line)
}

/** Prints the share of each file's lines. Lines of brackets alone do not count. */
function report() {
  const files = new Map()
  let [file, at] = ['', 0]
  for (const line of text.split('\n')) {
    const from = /^\/\/ (src\/.*\.ts|node_modules\/.*|build\/.*|package\.json)$/.exec(line)
    if (from) file = from[1]
    else if (/^src\/(cli|bench)\//.test(file) && file !== INSIDE && isCode(line)) {
      const lines = files.get(file) ?? []
      lines.push([ran[at + line.search(/\S/)], line])
      files.set(file, lines)
    }
    at += line.length + 1
  }
  let count = 0
  for (const [name, lines] of files) {
    const hit = lines.filter(([yes]) => yes).length
    const share = (100 * hit) / lines.length
    if (share < LEAST) count++
    console.log(
      `${name.padEnd(32)} ${String(lines.length).padStart(4)} ${share.toFixed(1).padStart(6)} %`,
    )
    if (process.env.CLI_MISSED) {
      for (const [yes, line] of lines) if (!yes) console.log(`      ${line.trim()}`)
    }
  }
  return count
}
