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
import { resolve } from 'node:path'
import { bundleForBrowsers } from './bundle-for-browsers.mjs'

/**
 * Imports of a source file become imports of a built file beside. The whole path counts: kit/arena.ts
 * extends the classes of arena.ts.
 */
const moved = (source, path) => ({
  name: `${source} is in ${path}`,
  setup(build) {
    build.onResolve({ filter: /\.js$/ }, ({ resolveDir, path: from }) => {
      const isIt = resolve(resolveDir, from) === resolve(`src/${source}`)
      return isIt ? { path, external: true, sideEffects: false } : undefined
    })
  },
})
const PARTS = [
  moved('checkpoint/reader.js', './microgpt.load.js'),
  moved('corpus/corpora.js', './microgpt.data.js'),
  moved('threads/main.js', './microgpt.threads.js'),
  moved('worker/worker.js', './worker.js'),
  moved('kit/kit.js', './microgpt.kit.js'),
]
const inHost = (name) => moved(name, './microgpt.js')
const ERRORS = inHost('errors.js')
const TOKENIZER = inHost('tokenizer.js')
const ARENA = inHost('arena.js')
const BASES = [ARENA, inHost('graph.js'), inHost('random.js')]
const HOST = [inHost('microgpt.js'), inHost('host.js')]

/** @param shared esbuild's options that all bundles have */
export async function buildHost(shared) {
  const bundle = (entryPoints, ...plugins) => bundleForBrowsers({ ...shared, entryPoints, plugins })
  await Promise.all([
    bundle({ microgpt: 'src/host.ts' }, ...PARTS),
    bundle({ 'microgpt.data': 'src/corpus/corpora.ts' }, ERRORS, TOKENIZER),
    bundle({ 'microgpt.load': 'src/checkpoint/reader.ts' }, ERRORS, TOKENIZER),
    bundle({ 'microgpt.threads': 'src/threads/main.ts' }, ERRORS, ARENA, inHost('train.js')),
    bundle({ worker: 'src/worker/worker.ts' }, ERRORS, TOKENIZER, ...HOST),
    bundle({ 'microgpt.kit': 'src/kit/kit.ts' }, ERRORS, TOKENIZER, ...BASES),
    bundle({ index: 'src/index.ts' }, ...PARTS, ERRORS, ...HOST),
    bundle({ reference: 'src/reference/index.ts', names: 'src/data/names.ts' }),
  ])
}
