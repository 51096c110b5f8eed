/** The same numbers everywhere, and no slower and no larger the longer a run lasts. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type ConfigInput, MicroGPT, parseDocs } from '../src/index.js'
import { NAMES } from '../src/data/names.js'
import { BUILDS, moduleOf } from './helpers/cores.js'
import { cpuTime } from './helpers/cpu-time.js'

const docs = parseDocs(NAMES)

/** SHA-256 of the parameters' bytes, little-endian. */
function hashOf(params: Float64Array): string {
  const bytes = new DataView(new ArrayBuffer(8 * params.length))
  params.forEach((x, i) => bytes.setFloat64(8 * i, x, true))
  return createHash('sha256').update(new Uint8Array(bytes.buffer)).digest('hex')
}

describe.each(BUILDS)('%s build', (build) => {
  // A change of these hashes is a change of every number that the package gives.
  test.each([
    ['tutorial', 'a5354af89c658d9c490193acbdcc91106042287bea4b7de9d989b974c1ddec97'],
    ['gist', '11a2b262b22c33dc42bb92a2a94c64d1d058e5dbecae5d31964cf79bbdfa9ebd'],
  ])('%s: the parameters after 1,000 steps', async (preset, hash) => {
    const config = { num_steps: 1000 }
    const gpt = await MicroGPT.create({ docs, preset, config, core: moduleOf(build) })
    for (const _step of gpt.train()) continue
    expect(hashOf(gpt.params)).toBe(hash)
  })
})

/**
 * Documents of which one alone is longer than a few characters, and comes early: the positions
 * that only it has get no gradient afterwards, and their moments sink towards 0.
 */
async function oneLongDocument(config: ConfigInput): Promise<MicroGPT> {
  const few = Array.from({ length: 20_001 }, (_, i) => docs[i % docs.length]!)
  const long = 'abcdefgh'.repeat(8)
  few[0] = long
  for (let seed = 0; ; seed++) {
    const gpt = await MicroGPT.create({ docs: few, config, seed, core: moduleOf('release') })
    if (gpt.docs.indexOf(long) < 2000) return gpt
  }
}

test('20,000 steps neither slow down nor take more memory', async () => {
  const gpt = await oneLongDocument({
    block_size: 64,
    num_steps: 20_000,
    lr_schedule: 'constant',
  })
  const { buffer } = gpt.params
  const size = buffer.byteLength
  const run = (steps: number) => {
    const start = cpuTime()
    for (const _step of gpt.train({ steps })) continue
    return cpuTime() - start
  }
  run(3000)
  const early = Math.min(...Array.from({ length: 10 }, () => run(100)))
  run(15_000)
  const late = Math.min(...Array.from({ length: 10 }, () => run(100)))
  expect(late / early).toBeLessThan(1.8)
  expect(gpt.params.buffer).toBe(buffer)
  expect(buffer.byteLength).toBe(size)
})
