/** The benchmark's peak measurement computes what it counts. */
import { expect, test } from 'vitest'
import { peakBytes } from '../helpers/cores.js'

const { exports } = new WebAssembly.Instance(new WebAssembly.Module(peakBytes))
const { spin, FLOPS } = exports as {
  spin(turns: number): number
  FLOPS: WebAssembly.Global<'i32'>
}

test.each([0, 1, 7, 1000])('%i turns add up', (turns) => {
  // Each turn adds (x + y) of A times the four vectors of B; all of it is exact in float64.
  expect(spin(turns)).toBe(turns * (0.5 - 0.25) * (1 + 0.5 + 0.75 + 0.25))
})

test('a turn counts the multiplies and adds of two rows of four vectors of two lanes', () => {
  expect(FLOPS.value).toBe(2 * 2 * 4 * 2)
})
