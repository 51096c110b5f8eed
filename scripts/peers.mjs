/**
 * Copies the peers of src/bench/peers to build/peers, where their packages are installed, and runs
 * them.
 */
import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import { peersBundle } from './build-programs.mjs'

const from = fileURLToPath(new URL('../src/bench/peers/', import.meta.url))
const to = fileURLToPath(new URL('../build/peers/', import.meta.url))
mkdirSync(to, { recursive: true })
for (const name of readdirSync(from)) {
  if (/\.(mjs|py|json)$/.test(name)) cpSync(from + name, to + name)
}
const root = fileURLToPath(new URL('..', import.meta.url))
await esbuild.build({ ...peersBundle, absWorkingDir: root })
await import(`${to}main.js`)
