import { MicroGPT, createWorkerModel } from 'microgpt-wasm'
import { NAMES } from 'microgpt-wasm/names'
import { expect, test } from 'vitest'
import { check } from './check.js'

// happy-dom has a Worker that runs nothing.
const hasWorker = typeof Worker !== 'undefined' && !('happyDOM' in globalThis)

test.each(hasWorker ? ['main', 'worker'] : ['main'])('%s', async (way) => {
  expect(await check({ MicroGPT, createWorkerModel }, NAMES, [way])).toEqual({ [way]: 'ok' })
})
