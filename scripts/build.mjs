/**
 * Builds everything into build/: the core (release and debug), then the host's bundles.
 *
 *     node scripts/build.mjs              all of it
 *     node scripts/build.mjs --if-stale   nothing when no source is newer than the last build
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import { buildBrowser } from './build-browser.mjs'
import { buildHost } from './build-host.mjs'
import { nodeBundles, shared } from './node-bundles.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const STAMP = 'build/.stamp'

function newest(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(`${path}/${name}`)))
}

const configs = ['asconfig.json', 'tsconfig.json', 'tsconfig.types.json']
const sources = ['assembly', 'src', 'scripts', ...configs, 'package.json', 'package-lock.json']
if (process.argv.includes('--if-stale') && existsSync(STAMP)) {
  const changed = Math.max(...sources.filter((path) => existsSync(path)).map(newest))
  if (changed <= statSync(STAMP).mtimeMs) process.exit(0)
}
// From the start: a source that changes while this runs is newer than the build.
const began = new Date()
rmSync(STAMP, { force: true })

const asc = fileURLToPath(new URL('../node_modules/assemblyscript/bin/asc.js', import.meta.url))
for (const target of ['release', 'fast', 'debug', 'threads', 'fast-threads']) {
  const entry = target.includes('threads') ? ['assembly/threads.ts'] : []
  execFileSync(process.execPath, [asc, ...entry, '--target', target], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
// The benchmark's measure of the machine: a module of its own, compiled like the core.
const peak = ['assembly/peak.ts', '--config', 'none', '--runtime', 'stub', '--noAssert', '-O3']
execFileSync(process.execPath, [asc, ...peak, '--enable', 'simd', '-o', 'build/peak.wasm'], {
  stdio: ['ignore', 'ignore', 'inherit'],
})

await buildHost(shared)
await esbuild.build(nodeBundles)
chmodSync('build/cli.js', 0o755)
await buildBrowser(shared)

const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { stdio: 'inherit' })
// The compiler of the cores has written their types beside them.
const types = readFileSync('build/types/core.d.ts', 'utf8')
writeFileSync('build/types/core.d.ts', types.replaceAll("'../build/core.", "'../core."))
// git ignores what is built, and npm would do as git does.
writeFileSync('build/.npmignore', '')
writeFileSync(STAMP, '')
utimesSync(STAMP, began, began)
