/**
 * Builds everything into build/: the cores, the library, the programs and the page.
 *
 *     node scripts/build.mjs              build everything
 *     node scripts/build.mjs --if-stale   build only if a source is newer than the last build
 */
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildCores } from './build-cores.mjs'
import { buildLibrary } from './build-library.mjs'
import { buildPage } from './build-page.mjs'
import { buildPrograms } from './build-programs.mjs'
import { buildTypes } from './build-types.mjs'
import { removeOlderThan } from './old-files.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const STAMP = 'build/.stamp'
const CONFIGS = ['asconfig.json', 'tsconfig.json', 'tsconfig.types.json']
const SOURCES = [
  'assembly',
  'src',
  'python',
  'scripts',
  ...CONFIGS,
  'package.json',
  'package-lock.json',
]

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

/** Where npm run bench:peers installs libraries, and what keeps the folder out of git. */
const isKept = (name) => name === '.gitignore' || /^peers[\\/]/.test(name)

if (!process.argv.includes('--if-stale') || !isFresh()) {
  // The time of the start: a source that changes while this runs is newer than the build.
  const began = new Date()
  buildCores()
  await Promise.all([buildLibrary(), buildPrograms(), buildPage()])
  buildTypes()
  removeOlderThan('build', began, (name) => !isKept(name))
  // git ignores the build, and without this file npm would, too.
  writeFileSync('build/.npmignore', '')
  writeFileSync(STAMP, '')
  utimesSync(STAMP, began, began)
}
