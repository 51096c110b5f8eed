/**
 * Set up by scripts/coverage.mjs before each test file: gives instances of the counting core
 * (scripts/count-lines.mjs) the flags of its lines, and writes down which were set.
 */
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** The module that the flags are imported from. */
const MODULE = 'lines'

/** The flags by file:line: one of each, shared by all instances. */
const flags: Record<string, WebAssembly.Global> = {}
const prepared = new WeakSet<WebAssembly.Module>()

/** The imports of an instance, with the flags where it is given none. */
function withFlags(
  module: WebAssembly.Module,
  imports: WebAssembly.Imports = {},
): WebAssembly.Imports {
  if (!prepared.has(module)) {
    prepared.add(module)
    for (const { name } of WebAssembly.Module.imports(module).filter((i) => i.module === MODULE)) {
      flags[name] ??= new WebAssembly.Global({ value: 'i32', mutable: true }, 0)
    }
  }
  return { [MODULE]: flags, ...imports }
}

WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct: (target, [module, imports]) => new target(module, withFlags(module, imports)),
})

const { instantiate } = WebAssembly
WebAssembly.instantiate = ((source: WebAssembly.Module | BufferSource, imports) =>
  source instanceof WebAssembly.Module
    ? instantiate(source, withFlags(source, imports))
    : instantiate(source, imports)) as typeof instantiate

afterAll(() => {
  const ran = Object.keys(flags).filter((name) => flags[name]!.value)
  writeFileSync(join(process.env['LINES_FOLDER']!, `${randomUUID()}.json`), JSON.stringify(ran))
})
