/**
 * The host for whoever brings it into a program or a page:
 *
 *     microgpt.js          all that works beside core.wasm alone
 *     microgpt.load.js     what reads checkpoints, loaded by MicroGPT.load
 *     microgpt.threads.js  the team that trains on several threads, and what each of them runs
 *     worker.js            both sides of createWorkerModel, loaded by it
 *     index.js             the package: microgpt.js and the functions of microgpt.load.js
 *
 * All but the first take their classes from microgpt.js, so that an error is of one class everywhere.
 */
import * as esbuild from 'esbuild'
import { slimLoader } from './slim-loader.mjs'

/** Imports of these files become imports of a built file beside. */
const moved = (filter, path) => ({
  name: `moved to ${path}`,
  setup(build) {
    build.onResolve({ filter }, () => ({ path, external: true }))
  },
})
const READER = moved(/\/checkpoint-reader\.js$/, './microgpt.load.js')
const THREADS = moved(/\/threads\/main\.js$/, './microgpt.threads.js')
const WORKER = moved(/\/worker\.js$/, './worker.js')
const CLASSES = moved(/\/(microgpt|errors|tokenizer|host)\.js$/, './microgpt.js')

/** @param shared esbuild's options that all bundles have */
export async function buildHost(shared) {
  const bundle = (entryPoints, ...plugins) =>
    esbuild.build({
      ...shared,
      platform: 'neutral',
      mainFields: ['module', 'main'],
      minify: true,
      // Fields that a constructor sets need no declaration of their own: 160 bytes, gzipped.
      tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
      plugins: [slimLoader, ...plugins],
      entryPoints,
    })
  await Promise.all([
    bundle({ microgpt: 'src/host.ts' }, READER, THREADS, WORKER),
    bundle(
      { 'microgpt.threads': 'src/threads/main.ts' },
      moved(/\/(arena|errors)\.js$/, './microgpt.js'),
    ),
    bundle({ 'microgpt.load': 'src/checkpoint-reader.ts' }, CLASSES),
    bundle({ worker: 'src/worker/worker.ts' }, CLASSES),
    bundle({ index: 'src/index.ts' }, READER, CLASSES),
    bundle({ reference: 'src/reference/index.ts', names: 'src/data/names.ts' }),
  ])
}
