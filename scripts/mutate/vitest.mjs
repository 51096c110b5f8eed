/** Runs tests in a copy. */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TEMPORARY } from './copy.mjs'

const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
const CONFIG = fileURLToPath(new URL('vitest.config.js', import.meta.url))
const REPORT = '.mutate.json'

/**
 * @param tests files, in the order in which they are run
 * @param timeout milliseconds, after which all processes of the run are killed
 * @param bail whether to end at the first failure
 * @returns whether all passed, whether time ran out, and each file's time and status
 */
export async function runTests(root, tests, { timeout, bail = true }) {
  rmSync(join(root, REPORT), { force: true })
  const words = ['run', '--root', root, '--config', CONFIG, '--configLoader', 'native']
  const reports = ['--reporter=json', `--outputFile=${join(root, REPORT)}`]
  const child = spawn(process.execPath, [VITEST, ...words, ...reports, `--bail=${bail ? 1 : 0}`], {
    cwd: root,
    env: {
      ...process.env,
      MUTATE_TESTS: JSON.stringify(tests),
      NODE_NO_WARNINGS: '1',
      TMPDIR: join(root, TEMPORARY),
    },
    stdio: 'ignore',
    // A group: an endless loop in a worker does not hear that Vitest ends.
    detached: true,
  })
  const { pid } = child
  running.add(pid)
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    killGroup(pid)
  }, timeout)
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  clearTimeout(timer)
  killGroup(pid)
  running.delete(pid)
  return { passed: code === 0, timedOut, files: filesOf(root) }
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

/** What Vitest reports of each file; nothing when it was killed. */
function filesOf(root) {
  let report
  try {
    report = JSON.parse(readFileSync(join(root, REPORT), 'utf8'))
  } catch {
    return []
  }
  return report.testResults.map(({ name, status, startTime, endTime }) => ({
    test: relative(root, name).replaceAll('\\', '/'),
    passed: status === 'passed',
    time: Math.max(0, endTime - startTime),
  }))
}
