/** Milestones during training, and at the end what happened and what to try next. */
import { gptTable } from '../../config/parameters.js'
import type { App } from '../app.js'
import { byId, h } from '../dom.js'
import { type RunNumbers, closing, hasDiverged, firstLetters, milestones } from '../lib/story.js'
import type { Sample } from '../page-api.js'
import { count } from '../text.js'

/** Number of held-out sums that measure the share of right answers. */
const QUESTIONS = 200

export function storyPanel(app: App): void {
  const list = byId('milestones')
  const end = byId('closing')
  let samples: Sample[] = []
  let letters: Record<string, number> = {}
  let valLoss: number | null = null
  let rightAnswers: number | null = null
  let shown = new Set<string>()

  const numbers = (trouble: string | null): RunNumbers => {
    const { run, ready, step } = app
    const { log } = run
    const { config, vocabSize, numParams, mode } = ready!
    return {
      ...{ dataset: app.dataset, mode, step, numSteps: config.num_steps, vocabSize, numParams },
      ...{ loss: log.lastSmoothed, firstLoss: log.length > 0 ? log.loss(0) : NaN },
      ...{ samples, firstLetters: letters, zeros: zerosOf(app), valLoss, rightAnswers, trouble },
    }
  }
  const tell = (trouble: string | null = null) => {
    if (!app.ready || app.step === 0 || app.run.log.length === 0) return
    byId('intro').hidden = true
    const run = numbers(trouble)
    for (const { id, step, text } of milestones(run)) {
      if (shown.has(id)) continue
      shown.add(id)
      list.append(h('li', {}, h('span', { className: 'stamp' }, `step ${count(step)}`), text))
    }
    const over = app.state === 'finished' || app.state === 'failed'
    const broken = hasDiverged(run)
    end.hidden = !(over || broken)
    if (end.hidden) return
    const { happened, next } = closing(run)
    end.replaceChildren(h('strong', {}, happened), ` ${next}`)
    end.classList.toggle('trouble-line', broken)
  }
  app.on('ready', ({ ready }) => {
    samples = []
    letters = firstLetters(ready.firstDocs)
    valLoss = null
    rightAnswers = null
    shown = new Set()
    list.replaceChildren()
    byId('intro').hidden = false
    end.hidden = true
  })
  app.on('progress', ({ progress }) => {
    samples.push(...progress.samples)
    if (progress.validation) valLoss = progress.validation.loss
    tell(progress.error ?? null)
    if (progress.state !== 'finished' || app.dataset !== 'sums') return
    const { ready } = app
    void app.call('answers', { count: QUESTIONS }).then((share) => {
      if (ready !== app.ready) return
      rightAnswers = share
      tell()
    })
  })
  app.on('numbers', () => tell())
}

/** How many matrices were all zeros at the start, and how many of those no longer are. */
function zerosOf({ numbers, start, ready }: App): { atStart: number; woken: number } {
  const found = { atStart: 0, woken: 0 }
  if (!numbers || !start || !ready) return found
  let at = 0
  for (const { shape } of gptTable(ready.config, ready.vocabSize)) {
    const end = at + shape[0] * shape[1]
    const isZero = (list: Float64Array) => list.subarray(at, end).every((x) => x === 0)
    if (isZero(start)) {
      found.atStart++
      if (!isZero(numbers.values)) found.woken++
    }
    at = end
  }
  return found
}
