/**
 * The host for whoever brings it into a program or a page:
 *
 *     microgpt.js          all that works beside core.wasm alone
 *     microgpt.data.js     texts, and data with a part held out; loaded by MicroGPT.create and load
 *     microgpt.load.js     what reads checkpoints, loaded by MicroGPT.load
 *     microgpt.threads.js  the team that trains on several threads, and what each of them runs
 *     worker.js            both sides of createWorkerModel, loaded by it
 *     microgpt.kit.js      what own models and tools are made of
 *     index.js             the package: microgpt.js, microgpt.kit.js and what reads checkpoints
 *
 * All but the first take their classes from microgpt.js, so that an error is of one class everywhere.
 */
import { bundleForBrowsers } from './bundle-for-browsers.mjs'

/** Imports of these files become imports of a built file beside. */
const moved = (filter, path) => ({
  name: `moved to ${path}`,
  setup(build) {
    build.onResolve({ filter }, () => ({ path, external: true, sideEffects: false }))
  },
})
const PARTS = [
  moved(/\/checkpoint\/reader\.js$/, './microgpt.load.js'),
  moved(/\/corpora\.js$/, './microgpt.data.js'),
  moved(/\/threads\/main\.js$/, './microgpt.threads.js'),
  moved(/\/worker\.js$/, './worker.js'),
  moved(/\/kit\.js$/, './microgpt.kit.js'),
]
const ERRORS = moved(/\/errors\.js$/, './microgpt.js')
const TOKENIZER = moved(/\/tokenizer\.js$/, './microgpt.js')
const ARENA = moved(/\/arena\.js$/, './microgpt.js')
const TRAIN = moved(/\/train\.js$/, './microgpt.js')
const HOST = moved(/\/(microgpt|host)\.js$/, './microgpt.js')
/** The classes that those of the kit extend; within the kit their files have the same names. */
const BASES = moved(/^\.\.\/(graph|random)\.js$/, './microgpt.js')

/** @param shared esbuild's options that all bundles have */
export async function buildHost(shared) {
  const bundle = (entryPoints, ...plugins) => bundleForBrowsers({ ...shared, entryPoints, plugins })
  await Promise.all([
    bundle({ microgpt: 'src/host.ts' }, ...PARTS),
    bundle({ 'microgpt.data': 'src/corpus/corpora.ts' }, ERRORS, TOKENIZER),
    bundle({ 'microgpt.load': 'src/checkpoint/reader.ts' }, ERRORS, TOKENIZER),
    bundle({ 'microgpt.threads': 'src/threads/main.ts' }, ERRORS, ARENA, TRAIN),
    bundle({ worker: 'src/worker/worker.ts' }, ERRORS, TOKENIZER, HOST),
    bundle({ 'microgpt.kit': 'src/kit/kit.ts' }, ERRORS, TOKENIZER, ARENA, BASES),
    bundle({ index: 'src/index.ts' }, ...PARTS, ERRORS, HOST),
    bundle({ reference: 'src/reference/index.ts', names: 'src/data/names.ts' }),
  ])
}
