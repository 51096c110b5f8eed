import { MicroGPT } from 'microgpt-wasm'
import { NAMES } from 'microgpt-wasm/names'
import { check } from './check.js'

console.log(JSON.stringify(await check({ MicroGPT }, NAMES, ['main', 'threads', 'fast'])))
