/** Milestones while it learns, and at the end what happened and what to try next. */
import type { App } from '../app.js'
import { byId, h, say } from '../dom.js'
import type { Sample } from '../page-api.js'
import { count } from '../text.js'

export function storyPanel(app: App): void {
  const list = byId('milestones')
  const closing = byId('closing')
  let story = new Story(app)
  app.on('ready', () => {
    story = new Story(app)
    list.replaceChildren()
    closing.hidden = true
  })
  app.on('progress', ({ progress }) => {
    for (const text of story.add(progress.samples)) list.append(h('li', {}, text))
    const { state } = progress
    closing.hidden = state !== 'finished'
    if (state === 'finished') say(closing, story.end())
  })
  app.on('numbers', () => {
    for (const text of story.look()) list.append(h('li', {}, text))
  })
}

class Story {
  private readonly app: App
  private readonly reached = new Set<string>()
  private samples: Sample[] = []

  constructor(app: App) {
    this.app = app
  }

  /** What has been reached since the last call. */
  add(samples: readonly Sample[]): string[] {
    this.samples.push(...samples)
    this.samples = this.samples.slice(-60)
    const { run, ready, step } = this.app
    const { log } = run
    if (!ready || log.length === 0) return []
    const guess = Math.log(ready.vocabSize)
    const smooth = log.lastSmoothed
    const found: string[] = []
    const reach = (key: string, isReached: boolean, text: () => string) => {
      if (!isReached || this.reached.has(key)) return
      this.reached.add(key)
      found.push(text())
    }
    const at = `step ${count(step)}`
    const settled = log.length >= 20
    reach('better', settled && smooth < guess - 0.2, () => {
      const choices = Math.round(Math.exp(smooth))
      return `${at}: better than guessing, as unsure as among ${choices} characters instead of ${ready.vocabSize}`
    })
    reach(
      'half',
      settled && smooth < 0.75 * guess,
      () => `${at}: loss ${smooth.toFixed(2)}, a quarter below pure guessing`,
    )
    const known = samples.find((sample) => sample.known && sample.step > 0)
    reach(
      'known',
      known !== undefined,
      () => `step ${count(known!.step)}: “${known!.text}” is in the training data`,
    )
    reach('diverged', settled && smooth > 2 * guess, () => {
      this.app.notice(
        `The loss (${smooth.toPrecision(3)}) is more than twice that of pure guessing: training ` +
          'diverges. Try a smaller learning_rate or grad_clip 1 under Build.',
      )
      return `${at}: the loss is above pure guessing; the learning rate is too high`
    })
    return found
  }

  /** What the numbers show. */
  look(): string[] {
    const { numbers, start, ready, step } = this.app
    if (!numbers || !start || !ready || step === 0 || this.reached.has('wake')) return []
    this.reached.add('wake')
    let zeros = 0
    let woken = 0
    for (const [i, x] of start.entries()) {
      if (x !== 0) continue
      zeros++
      if (numbers.values[i] !== 0) woken++
    }
    if (woken === 0) return []
    return [
      `step ${count(numbers.step)}: ${count(woken)} of ${count(zeros)} zeros are zero no more`,
    ]
  }

  /** One sentence on this run, and one on what to try. */
  end(): string {
    const { run, ready, step } = this.app
    const { log } = run
    if (log.length === 0) return `This run has ended at step ${count(step)}.`
    const smooth = log.lastSmoothed
    const guess = Math.log(ready!.vocabSize)
    const first = this.app.firstSample === '' ? '' : ` At first it wrote “${this.app.firstSample}”`
    const last = this.samples.findLast(({ text, known }) => text !== '' && !known)?.text
    const now =
      last === undefined || first === ''
        ? ''
        : `${first}; now it writes “${last}”, which is in no line of the data.`
    const what = `In ${count(step)} steps the loss fell from ${log.loss(0).toFixed(2)} to ${smooth.toFixed(2)} (pure guessing: ${guess.toFixed(2)}).`
    const next =
      smooth > guess
        ? 'It learned nothing: try a smaller learning_rate under Build.'
        : ready!.config.n_embd <= 16
          ? 'Next, try n_embd 32 and 2,000 steps under Build, or a list of your own.'
          : 'Next, try a list of your own, or another seed.'
    return `${what}${now} ${next}`
  }
}
