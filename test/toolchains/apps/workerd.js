import core from 'microgpt-wasm/core.wasm'
import { MicroGPT } from 'microgpt-wasm'
import { NAMES } from 'microgpt-wasm/names'
import { check } from './check.js'

export default {
  async fetch() {
    return new Response(JSON.stringify(await check({ MicroGPT }, NAMES, ['main'], { core })))
  },
}
