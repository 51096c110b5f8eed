/** Sums such as 12+7=19 as documents, and how many of them a model gets right. */
import { Random, type Seed } from '../../../random.js'

export interface SumsOptions {
  /** Smallest summand; default 0. */
  from?: number
  /** Largest summand; default 99. */
  to?: number
  /** Default 42. */
  seed?: Seed
}

/** All sums of two whole numbers in a range, each once, shuffled by the seed. */
export function makeSums({ from = 0, to = 99, seed = 42 }: SumsOptions = {}): string[] {
  const sums: string[] = []
  for (let a = from; a <= to; a++) for (let b = from; b <= to; b++) sums.push(`${a}+${b}=${a + b}`)
  new Random(seed).shuffle(sums)
  return sums
}

const SUM = /^(\d+)\+(\d+)=(\d+)$/

/** Whether the answer of a sum is right; null if the text is not a sum. */
export function judgeSum(text: string): boolean | null {
  const [, a, b, c] = SUM.exec(text) ?? []
  return c === undefined ? null : String(Number(a) + Number(b)) === c
}

/** The part of a model that answers sums. */
export interface Continues {
  generate(options: { prompt: string; temperature: number }): Iterable<{ char: string }>
}

/** A model's most likely answer to '12+7=', or to '12+7'. */
export function answerOf(model: Continues, question: string): string {
  const prompt = question.endsWith('=') ? question : `${question}=`
  return Array.from(model.generate({ prompt, temperature: 0 }), ({ char }) => char).join('')
}

/**
 * The share of sums that a model completes correctly with greedy sampling.
 * @param sums as makeSums returns them; held-out sums show whether the model adds or only repeats
 * @returns NaN for an empty list
 */
export function shareOfRightAnswers(model: Continues, sums: readonly string[]): number {
  let right = 0
  for (const sum of sums) {
    const question = sum.slice(0, sum.indexOf('=') + 1)
    if (question + answerOf(model, question) === sum) right++
  }
  return right / sums.length
}

/** The fraction of the sums that is held out, to measure on. */
export const SUMS_HELD_OUT = 0.1
