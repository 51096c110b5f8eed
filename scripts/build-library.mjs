/**
 * Builds the files that programs and pages import:
 *
 *     index.js, reference.js, names.js   the package: readable, with source maps, for Node and for
 *                                        bundlers; they share chunks, so a class is the same in all
 *     microgpt.js                        the same as index.js in one small file, for plain pages
 *     microgpt.inline.js                 and with core.wasm inside
 *     worker.js, thread.js               scripts of workers: complete files that import nothing
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import { forBrowsers, forScripts, inlineCore, shared } from './esbuild.mjs'

export async function buildLibrary() {
  const scripts = { ...forScripts.define, ...shared.define, 'import.meta.url': 'location.href' }
  await Promise.all([
    esbuild.build({
      ...shared,
      platform: 'neutral',
      mainFields: ['module', 'main'],
      splitting: true,
      sourcemap: true,
      chunkNames: '[name]-[hash]',
      entryPoints: {
        index: 'src/index.ts',
        reference: 'src/reference/index.ts',
        names: 'src/data/names.ts',
      },
    }),
    esbuild.build({ ...forBrowsers, entryPoints: { microgpt: 'src/bundles/microgpt.ts' } }),
    esbuild.build({
      ...forBrowsers,
      entryPoints: { 'microgpt.inline': 'src/bundles/inline.ts' },
      define: { ...forBrowsers.define, ...inlineCore() },
    }),
    esbuild.build({
      ...forScripts,
      define: scripts,
      entryPoints: { worker: 'src/bundles/worker.ts', thread: 'src/bundles/thread.ts' },
    }),
  ])
}

/** The declarations of the library; the compiler writes those of the cores next to them. */
export function buildTypes() {
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { stdio: 'inherit' })
  const path = 'build/types/engine/core.d.ts'
  const types = readFileSync(path, 'utf8')
  writeFileSync(path, types.replaceAll("'../../build/core.", "'../../core."))
}
