import { MicroGPT, createWorkerModel } from 'microgpt-wasm'
import { NAMES } from 'microgpt-wasm/names'
import { check } from './check.js'

const ways = ['main', 'worker', 'threads', 'worker with threads', 'fast']
globalThis.done = check({ MicroGPT, createWorkerModel }, NAMES, ways)
