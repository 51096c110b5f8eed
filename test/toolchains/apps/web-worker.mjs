/** For runtimes outside browsers that have web workers. */
import { MicroGPT, createWorkerModel } from 'microgpt-wasm'
import * as inline from 'microgpt-wasm/inline'
import { NAMES } from 'microgpt-wasm/names'
import { check } from './check.js'

const result = await check({ MicroGPT, createWorkerModel }, NAMES, ['main', 'worker', 'threads'])
result.inline = await check(inline, NAMES, ['main', 'worker'])
// It ends by itself: no listener and no worker keeps it alive.
console.log(JSON.stringify(result))
