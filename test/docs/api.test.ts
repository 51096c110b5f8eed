/** docs/api.md is what the docstrings say, and every export and public member has one. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { root } from './blocks.js'

test('docs/api.md is current and complete', async () => {
  const run = promisify(execFile)(process.execPath, ['scripts/api.mjs', '--check'], { cwd: root })
  expect((await run.catch((error: { stderr: string }) => error)).stderr).toBe('')
})
