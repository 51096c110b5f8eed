import { MicroGPT, createWorkerModel } from 'microgpt-wasm'
import core from 'microgpt-wasm/core.wasm?url'
import * as inline from 'microgpt-wasm/inline'
import { NAMES } from 'microgpt-wasm/names'
import { check } from './check.js'

const ways = ['main', 'worker', 'threads', 'worker with threads', 'fast']
globalThis.done = (async () => ({
  ...(await check({ MicroGPT, createWorkerModel }, NAMES, ways)),
  inline: await check(inline, NAMES, ['main', 'worker']),
  'core.wasm?url': await check({ MicroGPT, createWorkerModel }, NAMES, ['main', 'worker'], {
    core,
  }),
}))()
