/** Bundles the fuzzers of test/fuzz against the built core, and runs them. */
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'

const outfile = fileURLToPath(new URL('../build/fuzz/main.js', import.meta.url))
await esbuild.build({
  entryPoints: [fileURLToPath(new URL('../test/fuzz/main.ts', import.meta.url))],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  logLevel: 'warning',
})
await import(outfile)
