/** The model of a page in its worker: what it tells the page, and of which run. */
import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { MicroGPT } from '../../src/index.js'
import type { PageEvent, RunProgress, Settings, SourceText } from '../../src/web/page-api.js'
import { ModelHost } from '../../src/web/worker/model-host.js'

const docs = ['anna', 'bob', 'carla', 'dan', 'emma', 'finn', 'otto']
const SOURCE: SourceText = { text: docs.join('\n'), name: null, mode: 'docs', valFraction: 0 }
const settings = (num_steps: number, seed = '42'): Settings => {
  return { preset: 'tutorial', config: { num_steps, n_embd: 8 }, seed }
}

/** A host with a model, the events that it sends, and a function that waits for some of them. */
async function hosted(num_steps: number) {
  const host = new ModelHost()
  const events: PageEvent[] = []
  let hear = () => {}
  void host.reportTo((event) => {
    events.push(event)
    hear()
  })
  await host.setText(SOURCE, settings(num_steps))
  const progress = () =>
    events.flatMap((event) => (event.type === 'progress' ? [event.progress] : []))
  // Not by a timer: while a run trains in Node, timers wait long.
  const until = (isSo: (last: RunProgress) => boolean) =>
    new Promise<void>((resolve) => {
      hear = () => {
        const last = progress().at(-1)
        if (last && isSo(last)) resolve()
      }
    })
  return { host, events, progress, until }
}

test('a run is told with its losses, samples and state, like the same run in Node', async () => {
  const { host, progress, until } = await hosted(60)
  host.play({ kind: 'instant' }, { kind: 'end' })
  await until(({ state }) => state === 'finished')
  const gpt = await MicroGPT.create({ docs, config: { num_steps: 60, n_embd: 8 } })
  const losses = Array.from(gpt.train(), ({ loss }) => loss)
  expect(progress().flatMap((each) => Array.from(each.losses))).toEqual(losses)
  const last = progress().at(-1)!.samples.slice(-20)
  expect(last.map(({ text }) => text)).toEqual(gpt.sample())
  expect(last.every(({ step, text, known }) => step === 60 && known === docs.includes(text))).toBe(
    true,
  )
})

test.each([
  ['another model', (host: ModelHost) => host.make(settings(50, '7'))],
  ['another text', (host: ModelHost) => host.setText({ ...SOURCE, text: 'ada\nbo' }, settings(50))],
])('after %s nothing is told of the run before', async (_, change) => {
  const { host, events, progress, until } = await hosted(1e6)
  host.play({ kind: 'instant' }, { kind: 'end' })
  await until(({ step }) => step > 0)
  await change(host)
  const ready = events.findLastIndex(({ type }) => type === 'ready')
  // The old run ends in one of these turns.
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 5))
  const later = events.slice(ready + 1).filter(({ type }) => type !== 'autosave')
  expect(later.map(({ type }) => type)).toEqual(_ === 'another text' ? ['data'] : [])
  host.step()
  expect(progress().at(-1)).toMatchObject({ step: 1, state: 'paused' })
  const seed = _ === 'another text' ? 42 : 7
  const own = _ === 'another text' ? ['ada', 'bo'] : docs
  const gpt = await MicroGPT.create({ docs: own, seed, config: { num_steps: 50, n_embd: 8 } })
  expect([...progress().at(-1)!.losses]).toEqual([gpt.train().next().value!.loss])
})

test('what happens before the page listens is told when it does, in order', async () => {
  const host = new ModelHost()
  await host.setText(SOURCE, settings(10))
  host.step()
  host.step()
  const events: PageEvent[] = []
  void host.reportTo((event) => void events.push(event))
  expect(events.map(({ type }) => type)).toEqual(['ready', 'data', 'progress', 'progress'])
  host.step()
  expect(events.at(-1)).toMatchObject({ progress: { step: 3 } })
})

test('the sample of step 0 is drawn once, and not after a step', async () => {
  const { host, progress } = await hosted(50)
  const first = host.firstSample()
  expect(first).toMatchObject({ step: 0 })
  host.step()
  expect(progress()[0]!.samples).toEqual([first])
  expect(host.firstSample()).toBeNull()
})

test.each([
  ['loss', { kind: 'loss', value: 3.05 } as const],
  ['step', { kind: 'step', value: 13 } as const],
])('a run stops at its %s, and then goes on to its end', async (_, rule) => {
  const { host, progress, until } = await hosted(300)
  host.play({ kind: 'instant' }, rule)
  await until(({ state }) => state === 'stopped')
  const { step } = progress().at(-1)!
  if (rule.kind === 'step') expect(step).toBe(13)
  else expect(step).toBeLessThan(300)
  host.play({ kind: 'instant' }, rule)
  await until(({ state }) => state === 'finished')
  expect(progress().at(-1)!.step).toBe(300)
})
