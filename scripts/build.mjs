/**
 * Builds everything into build/: the cores, the library, the programs and the page.
 *
 *     node scripts/build.mjs              all of it
 *     node scripts/build.mjs --if-stale   nothing when no source is newer than the last build
 */
import { existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildCores } from './build-cores.mjs'
import { buildLibrary } from './build-library.mjs'
import { buildPage } from './build-page.mjs'
import { buildPrograms } from './build-programs.mjs'
import { buildTypes } from './build-types.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const STAMP = 'build/.stamp'
const CONFIGS = ['asconfig.json', 'tsconfig.json', 'tsconfig.types.json']
const SOURCES = ['assembly', 'src', 'scripts', ...CONFIGS, 'package.json', 'package-lock.json']

function newest(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(`${path}/${name}`)))
}

function isFresh() {
  if (!existsSync(STAMP)) return false
  const changed = Math.max(...SOURCES.filter((path) => existsSync(path)).map(newest))
  return changed <= statSync(STAMP).mtimeMs
}

if (!process.argv.includes('--if-stale') || !isFresh()) {
  // From the start: a source that changes while this runs is newer than the build.
  const began = new Date()
  for (const name of readdirSync('build')) {
    if (name !== '.gitignore') rmSync(`build/${name}`, { recursive: true })
  }
  buildCores()
  await Promise.all([buildLibrary(), buildPrograms(), buildPage()])
  buildTypes()
  // git ignores what is built, and without this npm would do the same.
  writeFileSync('build/.npmignore', '')
  writeFileSync(STAMP, '')
  utimesSync(STAMP, began, began)
}
