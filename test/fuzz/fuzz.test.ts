/** A short run of the fuzzers, of fixed seeds; `npm run fuzz -- --seconds 60` runs on new ones. */
import { expect, test } from 'vitest'
import { fuzzProgram } from './programs.js'

test('random programs on both builds of the core', async () => {
  const count = { programs: 0, ops: 0, refused: 0, probed: 0 }
  for (let seed = 0; seed < 400; seed++) {
    await fuzzProgram(seed, count).catch((cause) => {
      throw new Error(`seed ${seed}: ${cause.message}`, { cause })
    })
  }
  console.log(count)
  expect(count.programs).toBe(400)
})
