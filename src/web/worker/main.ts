/** The entry point of the page's worker. Most calls run one after the other, in order. */
import { loadCore } from '../../engine/core.js'
import { NAMES } from '../../data/names.js'
import { type Implementation, type ServerPort, serveRpc } from '../../worker/rpc.js'
import type { PageApi } from '../page-api.js'
import { DEFAULTS } from '../settings.js'
import { speakPage } from '../terms.js'
import { equalRun, firstGradients } from './experiments.js'
import { ModelHost } from './model-host.js'
import { race } from './race.js'

const scope = globalThis as unknown as ServerPort & { location: Location }

speakPage()

// Start compiling the core now; a failure is reported when a model is made.
loadCore().catch(() => {})

const host = new ModelHost()
let last: Promise<unknown> = Promise.resolve()
function inOrder<T>(task: () => T | Promise<T>): Promise<T> {
  const next = last.then(task)
  last = next.catch(() => {})
  return next
}

// boot.js sets this hash if the page needs the default model: make it without waiting for the page.
if (scope.location.hash === '#names') {
  inOrder(() => host.setText({ text: NAMES, name: null, mode: 'docs', valFraction: 0 }, DEFAULTS))
}

const methods: Implementation<PageApi> = {
  // These do not wait for other calls, and training continues meanwhile.
  events: (_, { emit }) => host.reportTo(emit),
  runs: async () => [await host.runs()],
  forgetRun: async ({ id }) => [await host.runs(id)],
  // These may train another model for a while.
  follow: async ({ index }) => [await host.follow(index)],
  equalRun: async ({ settings }) => [await host.experiment(settings, equalRun)],
  firstGradients: async ({ settings }) => [await host.experiment(settings, firstGradients)],
  race: (options, { emit }) => race(options, emit),
  pause: () => {
    host.pause()
    return [null]
  },
  setPace: ({ pace }) => {
    host.setPace(pace)
    return [null]
  },
  // The browser may freeze or end the worker soon.
  storeNow: () => [host.storeNow()],
  leave: () => [host.leave()],
  setText: ({ source, settings }) =>
    inOrder(async () => [await host.setText(source, settings)] as [null]),
  make: ({ settings }) => inOrder(async () => [await host.make(settings)] as [null]),
  play: ({ pace, stop }) => inOrder(() => [host.play(pace, stop)] as [null]),
  step: () => inOrder(() => [host.step()] as [null]),
  firstSample: () => inOrder(() => [host.firstSample()]),
  plan: ({ settings, vocabSize }) => inOrder(async () => [await host.plan(settings, vocabSize)]),
  estimate: ({ settings }) => inOrder(async () => [await host.estimate(settings)]),
  numbers: ({ start }) =>
    inOrder(() => {
      const numbers = host.probe?.numbers(start) ?? null
      if (!numbers) return [null]
      const { values, gradients, start: first } = numbers
      return first ? [numbers, values, gradients, first] : [numbers, values, gradients]
    }),
  thumbs: ({ shown }) =>
    inOrder(() => {
      const thumbs = host.probe?.thumbs(shown) ?? []
      return [thumbs, ...thumbs.map(({ values }) => values)]
    }),
  matrix: ({ name, shown }) =>
    inOrder(() => {
      const pair = host.probe?.matrix(name, shown) ?? null
      return pair ? [pair, pair.before.values, pair.now.values] : [null]
    }),
  look: ({ word, timed }) => inOrder(async () => [await host.needProbe().look(word, timed)]),
  next: (drawing) => inOrder(async () => [await host.needProbe().candidates(drawing)]),
  write: ({ seed, ...drawing }) => inOrder(async () => [await host.write(drawing, seed)]),
  answers: ({ count }) => inOrder(() => [host.needProbe().rightAnswers(count)]),
  exported: ({ what }) => inOrder(() => [host.exported(what)]),
  save: ({ optimizer }) => inOrder(() => [host.saveFile(optimizer)]),
  load: ({ file, purpose, names }) => inOrder(async () => [await host.load(file, purpose, names)]),
  resumeRun: ({ id }) => inOrder(async () => [await host.resumeRun(id)] as [null]),
}

serveRpc<PageApi>(scope, methods)
