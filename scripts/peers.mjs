/** Puts the peers of src/bench/peers into build/peers, where their packages go, and runs them. */
import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'

const from = fileURLToPath(new URL('../src/bench/peers/', import.meta.url))
const to = fileURLToPath(new URL('../build/peers/', import.meta.url))
mkdirSync(to, { recursive: true })
for (const name of readdirSync(from)) {
  if (/\.(mjs|py|json)$/.test(name)) cpSync(from + name, to + name)
}
await esbuild.build({
  entryPoints: [`${from}main.ts`],
  outfile: `${to}main.js`,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  logLevel: 'warning',
})
await import(`${to}main.js`)
