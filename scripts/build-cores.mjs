/** Builds the cores, with the targets of asconfig.json, and the benchmark's peak measurement. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const asc = fileURLToPath(new URL('../node_modules/assemblyscript/bin/asc.js', import.meta.url))

function compile(...args) {
  execFileSync(process.execPath, [asc, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
}

export function buildCores() {
  for (const target of ['release', 'fast', 'debug']) compile('--target', target)
  for (const target of ['threads', 'fast-threads']) {
    compile('assembly/threads.ts', '--target', target)
  }
  const options = ['--config', 'none', '--runtime', 'stub', '--noAssert', '-O3', '--enable', 'simd']
  compile('assembly/peak.ts', ...options, '-o', 'build/peak.wasm')
}
