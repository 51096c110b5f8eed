/** Runs tests in a copy. */
import { spawn } from 'node:child_process'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { TEMPORARY } from './copy.mjs'

const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
const CONFIG = fileURLToPath(new URL('vitest.config.js', import.meta.url))

/** Milliseconds for Vitest to start, and between two files. */
const START = 60_000

/**
 * @param tests files, in the order in which they are run
 * @param limit gives the milliseconds that a test file may take; then all processes are killed
 * @param bail whether to end at the first failure
 * @returns whether all passed, whether time ran out, and each file's time and status as far as they
 *   were run
 */
export async function runTests(root, tests, { limit, bail = true }) {
  const words = ['run', '--root', root, '--config', CONFIG, '--configLoader', 'native']
  const child = spawn(process.execPath, [VITEST, ...words, `--bail=${bail ? 1 : 0}`], {
    cwd: root,
    env: {
      ...process.env,
      MUTATE_TESTS: JSON.stringify(tests),
      NODE_NO_WARNINGS: '1',
      TMPDIR: join(root, TEMPORARY),
    },
    // The last one is for the reporter.
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    // A group: an endless loop in a worker does not hear that Vitest ends.
    detached: true,
  })
  const { pid } = child
  running.add(pid)
  const files = []
  let current
  let timer
  let timedOut = false
  const expect = (milliseconds) => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      timedOut = true
      killGroup(pid)
    }, milliseconds)
  }
  expect(START)
  createInterface({ input: child.stdio[3] }).on('line', (line) => {
    const { file, passed } = JSON.parse(line)
    const test = relative(root, file).replaceAll('\\', '/')
    if (passed === undefined) {
      current = { test, passed: false, since: performance.now() }
      expect(limit(test))
    } else {
      files.push({ test, passed, time: Math.round(performance.now() - current.since) })
      current = undefined
      expect(START)
    }
  })
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  clearTimeout(timer)
  killGroup(pid)
  running.delete(pid)
  if (current) files.push({ test: current.test, passed: false, time: Infinity })
  return { passed: code === 0, timedOut, files }
}

const running = new Set()

/** Ends the tests that are still running. */
export function endTests() {
  for (const pid of running) killGroup(pid)
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}
