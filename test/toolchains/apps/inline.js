import { MicroGPT, createWorkerModel } from 'microgpt-wasm/inline'
import { NAMES } from 'microgpt-wasm/names'
import { check } from './check.js'

globalThis.done = check({ MicroGPT, createWorkerModel }, NAMES, ['main', 'worker'])
