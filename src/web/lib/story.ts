/** The sentences of the page about a run: headline, milestones, and what happened at the end. */
import { count, percent } from '../text.js'

/** The words for a dataset's documents in the sentences of the page. */
export interface DatasetWords {
  /** What the model learns: 'to spell names'. */
  learns: string
  /** The plural of a document: 'names'. */
  plural: string
  /** A document with its article: 'a name'. */
  one: string
}

export const WORDS: Readonly<Record<string, DatasetWords>> = {
  names: { learns: 'to spell names', plural: 'names', one: 'a name' },
  places: { learns: 'to invent place names', plural: 'place names', one: 'a place name' },
  dinosaurs: { learns: 'to invent dinosaurs', plural: 'dinosaurs', one: 'a dinosaur' },
  sums: { learns: 'to add', plural: 'sums', one: 'a sum' },
  text: { learns: 'to imitate a text', plural: 'pieces of text', one: 'a piece of text' },
  own: { learns: 'your words', plural: 'words', one: 'a word' },
}

/** The words for a dataset's key; an unknown key is treated as the visitor's own text. */
export const wordsOf = (dataset: string): DatasetWords => {
  return Object.hasOwn(WORDS, dataset) ? WORDS[dataset]! : WORDS['own']!
}

export function headline(numParams: number, dataset: string): string {
  const numbers = numParams === 1 ? 'number' : 'numbers'
  const watch = numParams === 1 ? 'watch it learn' : 'watch them learn'
  return `${count(numParams)} random ${numbers}. Press the button and ${watch} ${wordsOf(dataset).learns}.`
}

/** The numbers of a run so far. */
export interface RunNumbers {
  dataset: string
  mode: 'docs' | 'text'
  step: number
  numSteps: number
  vocabSize: number
  numParams: number
  /** Smoothed loss now; NaN before the first step. */
  loss: number
  /** Loss of the first step. */
  firstLoss: number
  /** Samples so far, oldest first. */
  samples: readonly { step: number; text: string; known: boolean }[]
  /** The first letters of the training data with their shares. */
  firstLetters?: Readonly<Record<string, number>>
  /** Matrices that were all zeros at the start, and how many of them no longer are. */
  zeros?: { atStart: number; woken: number }
  /** Validation loss, if something is held out. */
  valLoss?: number | null
  /** Share of held-out sums answered correctly; only for the sums dataset. */
  rightAnswers?: number | null
  /** Why training stopped early, as an error message. */
  trouble?: string | null
}

/** -log(1 / vocab_size): the loss when every token is equally likely. */
export const guessingLoss = (vocabSize: number) => Math.log(vocabSize)

/** Minimum number of steps for a milestone about the loss. */
const ENOUGH_STEPS = 20
/** How far the loss must be below pure guessing to count as learning. */
const MARGIN = 0.05

export interface Milestone {
  /** Identifies the milestone: each is shown once per run. */
  id: 'woken' | 'below-guessing' | 'alternates' | 'first-letters' | 'known' | 'half' | 'answers'
  step: number
  text: string
}

const VOWELS = new Set('aeiouy')
const isVowel = (char: string) => VOWELS.has(char.toLowerCase())

/** Share of adjacent letter pairs with exactly one vowel; NaN without pairs. */
export function alternation(texts: readonly string[]): number {
  let pairs = 0
  let changes = 0
  for (const text of texts) {
    const letters = [...text].filter((char) => /^[a-z]$/i.test(char))
    for (let i = 1; i < letters.length; i++) {
      pairs++
      if (isVowel(letters[i - 1]!) !== isVowel(letters[i]!)) changes++
    }
  }
  return changes / pairs
}

/** Half the sum of absolute differences of two distributions: 0 if equal, 1 if disjoint. */
export function distance(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): number {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  let sum = 0
  for (const key of keys) sum += Math.abs((a[key] ?? 0) - (b[key] ?? 0))
  return sum / 2
}

/** The share of texts that begin with each character. */
export function firstLetters(texts: readonly string[]): Record<string, number> {
  const shares: Record<string, number> = Object.create(null)
  const filled = texts.filter((text) => text !== '')
  for (const text of filled) {
    const first = [...text][0]!
    shares[first] = (shares[first] ?? 0) + 1 / filled.length
  }
  return shares
}

/** Minimum number of samples for a milestone about samples. */
const ENOUGH_SAMPLES = 12

/** The milestones that a run has reached, by their steps; the page shows the new ones. */
export function milestones(run: RunNumbers): Milestone[] {
  const { step, samples, loss, vocabSize, dataset, mode } = run
  const words = wordsOf(dataset)
  const found: Milestone[] = []
  const reached = (id: Milestone['id'], text: string, at = step) =>
    found.push({ id, step: at, text })
  if (hasDiverged(run) || step === 0) return found
  const { zeros, rightAnswers } = run
  if (zeros && zeros.atStart > 0 && zeros.woken === zeros.atStart) {
    const all = zeros.atStart === 2 ? 'Both' : `All ${zeros.atStart}`
    const which = zeros.atStart === 1 ? 'The matrix' : `${all} matrices`
    const whose = zeros.atStart === 1 ? 'its' : 'their'
    reached('woken', `${which} of zeros woke up: ${whose} numbers are no longer 0.`)
  }
  const guessing = guessingLoss(vocabSize)
  if (step >= ENOUGH_STEPS && loss < guessing - MARGIN) {
    reached(
      'below-guessing',
      `The loss is ${loss.toFixed(2)}, below pure guessing (${guessing.toFixed(2)}).`,
    )
  }
  if (step >= ENOUGH_STEPS && loss < guessing / 2) {
    reached('half', `The loss is ${loss.toFixed(2)}, less than half of pure guessing.`)
  }
  const recent = samples
    .filter((sample) => sample.step > 0)
    .slice(-30)
    .map(({ text }) => text)
  if (recent.length >= ENOUGH_SAMPLES && dataset !== 'sums') {
    const share = alternation(recent)
    if (share > 0.62)
      reached('alternates', `Vowels and consonants alternate in ${percent(share)} of letter pairs.`)
    const far =
      run.firstLetters && mode === 'docs' ? distance(firstLetters(recent), run.firstLetters) : 1
    if (far < 0.4)
      reached('first-letters', `Its ${words.plural} begin with the same letters as the data.`)
  }
  const known = samples.find((sample) => sample.known && sample.step > 0)
  if (known) {
    const what = `It wrote "${known.text}", ${words.one} that is in the training data.`
    reached('known', what, known.step)
  }
  if (rightAnswers !== undefined && rightAnswers !== null && rightAnswers >= 0.5) {
    reached('answers', `It solves ${percent(rightAnswers)} of the sums it has never seen.`)
  }
  return found.sort((a, b) => a.step - b.step)
}

/** Whether a run has diverged, which is more than not learning. */
export function hasDiverged({ trouble, loss, firstLoss, step, vocabSize }: RunNumbers): boolean {
  if (trouble) return true
  if (step === 0) return false
  const usual = Math.max(guessingLoss(vocabSize), Number.isFinite(firstLoss) ? firstLoss : 0)
  return !Number.isFinite(loss) || loss > 3 * usual + 1
}

export type Outcome = 'untrained' | 'diverged' | 'did-not-learn' | 'memorized' | 'learned'

/** From this share of samples that are training data, the outcome is "memorized". */
const MEMORIZED = 0.7

export function outcome(run: RunNumbers): Outcome {
  if (hasDiverged(run)) return 'diverged'
  if (run.step === 0) return 'untrained'
  if (!(run.loss < guessingLoss(run.vocabSize) - MARGIN)) return 'did-not-learn'
  const last = lastSamples(run)
  const known = last.filter((sample) => sample.known).length
  if (run.dataset !== 'sums' && last.length >= 8 && known / last.length >= MEMORIZED)
    return 'memorized'
  return 'learned'
}

/** The samples of the latest step that has any. */
function lastSamples({ samples }: RunNumbers) {
  const step = samples.at(-1)?.step
  return step === undefined || step === 0 ? [] : samples.filter((sample) => sample.step === step)
}

/** One sentence on what happened, and one on what to try next. */
export function closing(run: RunNumbers): { outcome: Outcome; happened: string; next: string } {
  const result = outcome(run)
  return { outcome: result, happened: happened(run, result), next: next(run, result) }
}

function happened(run: RunNumbers, result: Outcome): string {
  const { step, loss, firstLoss, vocabSize, numParams, dataset, valLoss, rightAnswers } = run
  const steps = `${count(step)} ${step === 1 ? 'step' : 'steps'}`
  const guessing = guessingLoss(vocabSize).toFixed(2)
  if (result === 'untrained') return 'Nothing is trained yet: all it writes is chance.'
  if (result === 'diverged') {
    const at = Number.isFinite(loss)
      ? `the loss is ${shortLoss(loss)}`
      : 'the loss is not a number any more'
    return `Training diverged after ${steps}: ${at}, where pure guessing has ${guessing}.`
  }
  if (result === 'did-not-learn') {
    return `After ${steps} the loss is ${shortLoss(loss)}, no better than pure guessing (${guessing}): the model did not learn.`
  }
  const words = wordsOf(dataset)
  const fell = `In ${steps} the loss fell from ${shortLoss(firstLoss)} to ${shortLoss(loss)}`
  const validated =
    typeof valLoss === 'number' ? ` (${shortLoss(valLoss)} on what was held out)` : ''
  if (typeof rightAnswers === 'number') {
    return `${fell}${validated}, and ${count(numParams)} numbers now solve ${percent(rightAnswers)} of the sums they have never seen.`
  }
  const last = lastSamples(run)
  const known = last.filter((sample) => sample.known).length
  if (last.length === 0 || run.mode === 'text') {
    return `${fell}${validated}: ${count(numParams)} numbers have learned ${words.learns}.`
  }
  const invented =
    known === 0
      ? `all of its ${last.length} ${words.plural} are invented`
      : `${last.length - known} of its ${last.length} ${words.plural} are invented, ${known} ${known === 1 ? 'is' : 'are'} in the training data`
  return `${fell}${validated}; ${invented}.`
}

const shortLoss = (loss: number) =>
  Math.abs(loss) < 1000 ? loss.toFixed(2) : loss.toExponential(1)

function next(run: RunNumbers, result: Outcome): string {
  const { step, numSteps, valLoss, loss, dataset, rightAnswers } = run
  if (result === 'untrained') return 'Press the button to train it.'
  if (result === 'diverged') return 'Try a smaller learning_rate, or set grad_clip to 1.'
  if (result === 'did-not-learn') {
    return step < numSteps
      ? 'Let it train to the end, or try a larger learning_rate.'
      : 'Try more steps, another learning_rate, or an init_std that is not 0.'
  }
  if (result === 'memorized')
    return 'It repeats its data: try more of it, a smaller model, or a higher temperature.'
  if (step < numSteps) return 'Let it train to the end: the learning rate still falls.'
  if (typeof valLoss === 'number' && valLoss > loss + 0.3) {
    return 'It does worse on what was held out: try fewer steps, or more data.'
  }
  if (typeof rightAnswers === 'number' && rightAnswers < 0.9)
    return 'Try two layers and more steps.'
  if (dataset === 'sums')
    return 'Type a sum of your own under Try it, or set n_layer to 1: one layer is not enough.'
  if (dataset === 'own') return 'Try a higher temperature for bolder words, or more lines of data.'
  return 'Try your own words, or a larger n_embd and more steps.'
}
