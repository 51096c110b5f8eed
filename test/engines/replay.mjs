/**
 * core.wasm alone, without this package's host, in the interpreter of wabt: 20 steps are recorded in
 * Node, call by call and with what the host writes into the memory between them, and are run again.
 */
import { execFile } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Reads and writes the core's memory; the interpreter can only call functions. */
const POKE = `(module
  (import "core" "memory" (memory 1))
  (func (export "poke") (param i32 i64) (i64.store (local.get 0) (local.get 1)))
  (func (export "peek") (param i32) (result i64) (i64.load (local.get 0))))`

/** @returns what was compared */
export async function replay(folder) {
  copyFileSync(new URL('record.mjs', import.meta.url), join(folder, 'record.mjs'))
  await run(process.execPath, ['record.mjs'], { cwd: folder, maxBuffer: 1e9 })
  writeFileSync(join(folder, 'poke.wat'), POKE)
  await run('wat2wasm', ['poke.wat', '-o', 'poke.wasm'], { cwd: folder })
  const { stdout } = await run('spectest-interp', ['replay.json'], { cwd: folder, maxBuffer: 1e8 })
  const [, good, all] = /(\d+)\/(\d+) tests passed/.exec(stdout) ?? []
  if (!all || good !== all) throw new Error(stdout.slice(-1000))
  return `${all} calls and parameters of 20 steps equal`
}
