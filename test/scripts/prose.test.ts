/** The prose linter: what it finds, where it looks, and that the repository passes. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
// @ts-expect-error a script without declarations
import { findings } from '../../scripts/prose.mjs'
import { root } from '../docs/blocks.js'

const found = (file: string, text: string) => (findings(file, text) as string[]).length

test.each([
  '17 us a step',
  'some 200 lines',
  'which such a model has not',
  'a run that is taken up again',
  'a worker of its own',
  'the likeliest token',
  'it lies behind it',
])('finds: %s', (text) => {
  expect(found('a.md', text)).toBe(1)
})

test.each([
  '17 µs per step',
  'about 200 lines',
  'it has not been changed',
  'it takes up to 10 seconds',
  'its own worker',
  '`some 200`',
])('accepts: %s', (text) => {
  expect(found('a.md', text)).toBe(0)
})

test('checks comments and titles of code, and not the code', () => {
  expect(found('a.ts', '/** some 200 */')).toBe(1)
  expect(found('a.ts', 'f() // some 200')).toBe(1)
  expect(found('a.ts', "test('some 200', () => {})")).toBe(1)
  expect(found('a.ts', "const text = 'some 200'")).toBe(0)
})

test('the repository has no such phrase', async () => {
  const run = promisify(execFile)(process.execPath, ['scripts/prose.mjs'], { cwd: root })
  expect((await run.catch((error: { stdout: string }) => error)).stdout).toBe('')
})
