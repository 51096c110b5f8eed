/** For engines with a command line: prints the values as JSON. */
import { readFileSync } from 'node:fs'
import * as api from './microgpt.inline.js'
import { NAMES } from './names.js'
import { values } from './values.js'

const read = (name) => new Uint8Array(readFileSync(new URL(name, import.meta.url)))
try {
  const got = await values(api, NAMES, read('core.wasm'), read('core.fast.wasm'))
  console.log(JSON.stringify(got))
} catch (error) {
  console.log(JSON.stringify({ error: { [error.name]: error.message } }))
}
