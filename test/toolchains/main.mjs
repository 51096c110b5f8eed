/**
 * The packed tarball in every toolchain and runtime that the package supports, each in a folder where
 * nothing else is installed.
 *
 *     npm run test:toolchains                     all rows
 *     npm run test:toolchains -- vite8 webpack    those whose names begin so
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROWS } from './rows.mjs'
import { apps, root, run } from './tools.mjs'

const names = process.argv.slice(2)
const wanted = (name) => names.length === 0 || names.some((start) => name.startsWith(start))
const unknown = names.filter((start) => !Object.keys(ROWS).some((name) => name.startsWith(start)))
if (unknown.length > 0) {
  console.error(`no such row: ${unknown.join(', ')}\nrows:\n${Object.keys(ROWS).join('\n')}`)
  process.exit(2)
}

/** What of a result is not ok, by path. */
function wrongIn(result, path = '') {
  return Object.entries(result).flatMap(([way, got]) => {
    if (typeof got === 'object') return wrongIn(got, `${path}${way}: `)
    return got === 'ok' ? [] : [`${path}${way}: ${got}`]
  })
}

async function take({ install = [], copy = [], packageJson = {}, test }, tarball, folder) {
  cpSync(join(apps, 'check.js'), join(folder, 'check.js'))
  for (const name of copy) {
    const [from, to = from] = name.split(' as ')
    cpSync(join(apps, from), join(folder, to), { recursive: true })
  }
  const fields = { private: true, type: 'module', ...packageJson }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(fields))
  const flags = [
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--prefer-offline',
    '--loglevel=error',
  ]
  await run(folder, 'npm', ['install', ...flags, tarball, ...install])
  return test(folder)
}

const base = mkdtempSync(join(tmpdir(), 'toolchains-'))
let failed = 0
let passed = 0
try {
  const packed = await run(root, 'npm', [
    'pack',
    '--silent',
    '--ignore-scripts',
    '--pack-destination',
    base,
  ])
  const tarball = join(base, packed.trim().split('\n').at(-1))
  for (const [name, row] of Object.entries(ROWS)) {
    if (!wanted(name)) continue
    const folder = mkdtempSync(join(base, `${name.replace(/\W/g, '-')}-`))
    const began = performance.now()
    let wrong
    try {
      const result = await take(row, tarball, folder)
      wrong = typeof result === 'string' ? [] : wrongIn(result)
      if (typeof result !== 'string' && Object.keys(result).length === 0)
        wrong = ['nothing was tried']
    } catch (error) {
      wrong = [error.message]
    }
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    console.log(`${wrong.length === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(24)} ${seconds} s`)
    for (const line of wrong) console.log(line.replace(/^/gm, '         '))
    if (wrong.length === 0) passed++
    else failed++
    if (!process.env.KEEP) rmSync(folder, { recursive: true, force: true })
  }
} finally {
  if (process.env.KEEP) console.log(base)
  else rmSync(base, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
