/**
 * Builds the files that programs and pages import:
 *
 *     index.js, client.js, reference.js  the package: readable, with source maps, for Node and for
 *                                        bundlers; they share chunks, so a class is the same in all
 *     names.js                           the shipped names, for pages too
 *     microgpt.js                        the same as index.js in one small file, for plain pages
 *     microgpt.inline.js                 and with core.wasm inside
 *     worker.js, thread.js               scripts of workers: complete files that import nothing
 */
import { readFileSync } from 'node:fs'
import * as esbuild from 'esbuild'
import { forBrowsers, forScripts, inlineCore, shared } from './esbuild.mjs'

export async function buildLibrary() {
  await esbuild.build({
    ...forScripts,
    define: { ...forScripts.define, ALONE: 'true' },
    entryPoints: { worker: 'src/bundles/worker.ts', thread: 'src/bundles/thread.ts' },
  })
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
        client: 'src/bundles/client.ts',
        reference: 'src/reference/index.ts',
      },
    }),
    esbuild.build({ ...shared, sourcemap: true, entryPoints: { names: 'src/data/names.ts' } }),
    esbuild.build({ ...forBrowsers, entryPoints: { microgpt: 'src/bundles/microgpt.ts' } }),
    esbuild.build({
      ...forBrowsers,
      entryPoints: { 'microgpt.inline': 'src/bundles/inline.ts' },
      define: {
        ...forBrowsers.define,
        ...inlineCore(),
        ALONE: 'true',
        WORKER_SOURCE: JSON.stringify(readFileSync('build/worker.js', 'utf8')),
      },
    }),
  ])
}
