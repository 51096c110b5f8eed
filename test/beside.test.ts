/** Parts of the host that lie in files of their own. */
import { expect, test } from 'vitest'
import { beside } from '../src/engine/beside.js'
import { MicroGPTError } from '../src/errors.js'

test('what a file beside holds is handed on', async () => {
  expect(await beside('part.js', Promise.resolve(7))).toBe(7)
})

test('of one that is not there the name is said, and why', async () => {
  const cause = new TypeError('Failed to fetch dynamically imported module')
  const error = (await beside('part.js', Promise.reject(cause)).catch((e: unknown) => e)) as Error
  expect(error).toBeInstanceOf(MicroGPTError)
  expect(error.message).toMatch(/^part\.js could not be loaded; put it beside microgpt\.js/)
  expect(error.cause).toBe(cause)
})
