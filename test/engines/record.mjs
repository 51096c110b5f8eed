/** Records 20 steps of the tutorial model as commands of wabt's spectest-interp: replay.json. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import * as api from './microgpt.inline.js'
import { NAMES } from './names.js'

const view = new DataView(new ArrayBuffer(8))
function value(type, x) {
  if (type === 'i32') return { type, value: String(Number(x) >>> 0) }
  view.setFloat64(0, Number(x))
  return { type, value: String(view.getBigUint64(0)) }
}

/** Types of the exported functions, as wabt prints them: name -> [parameters, results]. */
function signatures() {
  const text = execFileSync('wasm2wat', ['core.wasm'], { encoding: 'utf8', maxBuffer: 1e8 })
  const list = (part) => (part ? part.trim().split(/\s+/) : [])
  const types = Array.from(
    text.matchAll(/\(type \(;\d+;\) \(func(?: \(param ([^)]*)\))?(?: \(result ([^)]*)\))?\)\)/g),
    ([, params, results]) => [list(params), list(results)],
  )
  const funcs = new Map()
  for (const [, index, type] of text.matchAll(/\(func \(;(\d+);\) \(type (\d+)\)/g)) {
    funcs.set(index, types[Number(type)])
  }
  const exported = text.matchAll(/\(export "([^"]+)" \(func (\d+)\)\)/g)
  return new Map(Array.from(exported, ([, name, index]) => [name, funcs.get(index)]))
}

const types = signatures()
const commands = [
  { type: 'module', line: 1, name: '$core', filename: 'core.wasm' },
  { type: 'register', line: 1, name: '$core', as: 'core' },
  { type: 'module', line: 1, name: '$poke', filename: 'poke.wasm' },
]
const invoke = (module, field, args) => ({ type: 'invoke', module, field, args })

/** The memory as it was when the core last returned. */
let seen = new BigUint64Array(0)

/** What the host has written since then. */
function recordWrites(memory) {
  const now = new BigUint64Array(memory.buffer)
  for (let i = 0; i < now.length; i++) {
    if (now[i] === (seen[i] ?? 0n)) continue
    const args = [value('i32', 8 * i), { type: 'i64', value: String(now[i]) }]
    commands.push({ type: 'action', line: 1, action: invoke('$poke', 'poke', args), expected: [] })
  }
}

const { Instance } = WebAssembly
WebAssembly.Instance = function recorded(module, imports) {
  const instance = new Instance(module, imports)
  const { memory } = instance.exports
  seen = new BigUint64Array(memory.buffer.slice(0))
  const exports = {}
  for (const [name, item] of Object.entries(instance.exports)) {
    if (typeof item !== 'function') {
      exports[name] = item
      continue
    }
    const [params, results] = types.get(name)
    exports[name] = (...args) => {
      recordWrites(memory)
      const result = item(...args)
      seen = new BigUint64Array(memory.buffer.slice(0))
      const given = params.map((type, i) => value(type, args[i] ?? 0))
      const expected = results.map((type) => value(type, result))
      commands.push({
        type: 'assert_return',
        line: 1,
        action: invoke('$core', name, given),
        expected,
      })
      return result
    }
  }
  return { exports }
}

const docs = NAMES.trim().split('\n').slice(0, 200)
const core = new Uint8Array(readFileSync('core.wasm'))
const gpt = await api.MicroGPT.create({ docs, core })
for (const _ of gpt.train({ steps: 20 })) continue
const { params } = gpt
const bits = new BigUint64Array(params.buffer, params.byteOffset, params.length)
bits.forEach((word, i) => {
  const action = invoke('$poke', 'peek', [value('i32', params.byteOffset + 8 * i)])
  const expected = [{ type: 'i64', value: String(word) }]
  commands.push({ type: 'assert_return', line: 1, action, expected })
})
writeFileSync('replay.json', JSON.stringify({ source_filename: 'record.mjs', commands }))
