/** How many threads a model gets, and what is said where there can be only one. */
import os from 'node:os'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { MicroGPT } from '../../src/index.js'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const create = (threads: number | 'auto', config = {}) =>
  MicroGPT.create({ docs: ['anna'], config, threads })

describe('without shared memory', () => {
  test.each([
    [false, 'threads above 1 need shared memory: a cross-origin isolated page (COOP, COEP), got 2'],
    [true, 'threads above 1 need SharedArrayBuffer, which this browser does not have, got 2'],
  ])('in a page that is isolated: %s', async (isolated, message) => {
    vi.stubGlobal('SharedArrayBuffer', undefined)
    vi.stubGlobal('crossOriginIsolated', isolated)
    await expect(create(2)).rejects.toThrow(`${message}; try 1`)
    expect((await create('auto', { n_embd: 64, block_size: 64, batch_size: 8 })).threads).toBe(1)
    expect((await create(1)).threads).toBe(1)
  })
})

test('auto is 1 for a small model', async () => {
  expect((await create('auto')).threads).toBe(1)
})

describe('auto, for a model that is large enough', () => {
  const large = { n_embd: 64, n_layer: 2, block_size: 64 }

  test.each([
    ['one per processor', 3, 8, 3],
    ['not more than documents in a batch', 5, 2, 2],
    ['one for a batch of one', 5, 1, 1],
  ])('%s', async (_, processors, batch_size, threads) => {
    vi.spyOn(os, 'availableParallelism').mockReturnValue(processors)
    const gpt = await create('auto', { ...large, batch_size })
    expect(gpt.threads).toBe(threads)
    gpt.free()
  })
})
