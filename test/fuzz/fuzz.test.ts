/** A short run of the fuzzers, of fixed seeds; `npm run fuzz -- --seconds 60` runs on new ones. */
import { expect, test } from 'vitest'
import { type MutationCount, fuzzMutation } from './mutations.js'
import { fuzzProgram } from './programs.js'

const PROGRAMS = process.env['LONG'] === '1' ? 1000 : 300

/** Seeds of programs that have once done what they must not. */
const FOUND = [3847463286]

test('random programs on both builds of the core', async () => {
  const count = { programs: 0, ops: 0, refused: 0, probed: 0 }
  for (const seed of [...FOUND, ...Array(PROGRAMS).keys()]) {
    await fuzzProgram(seed, count).catch((cause: Error) => {
      throw new Error(`program ${seed}: ${cause.message}`, { cause })
    })
  }
  // Enough of each has happened for its checks to mean something.
  expect(count.ops).toBeGreaterThan(3 * PROGRAMS)
  expect(count.refused).toBeGreaterThan(PROGRAMS)
  expect(count.probed).toBeGreaterThan(PROGRAMS)
})

test('changed checkpoints', async () => {
  const count: MutationCount = {}
  for (let seed = 0; seed < 4000; seed++) {
    await fuzzMutation(seed, count).catch((cause: Error) => {
      throw new Error(`checkpoint ${seed}: ${cause.message}`, { cause })
    })
  }
  for (const code of ['json', 'header', 'truncated', 'trailing', 'metadata', 'values', 'shape']) {
    expect(count[code], code).toBeGreaterThan(5)
  }
  expect(count.read).toBeGreaterThan(100)
})
