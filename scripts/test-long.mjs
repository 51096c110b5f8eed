/** Runs the test files that have a long form, those that mention LONG, in that form. */
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url)
const vitest = fileURLToPath(new URL('node_modules/vitest/vitest.mjs', root))

const files = readdirSync(new URL('test', root), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `test/${name.replaceAll('\\', '/')}`)
  .filter((name) => /\bLONG\b/.test(readFileSync(new URL(name, root), 'utf8')))

const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', ...files, ...process.argv.slice(2)],
  {
    cwd: root,
    env: { ...process.env, LONG: '1' },
    stdio: 'inherit',
  },
)
process.exitCode = status ?? 1
