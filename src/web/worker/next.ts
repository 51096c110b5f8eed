/** The probabilities of the next character, and drawing a text from them. */
import { Random } from '../../random.js'
import type { PageCandidate, Drawing } from '../page-api.js'

/**
 * softmax(logits / temperature) over the top k, most probable first; temperature 0 keeps only the
 * first.
 */
export function candidatesOf(
  logits: Float64Array,
  chars: readonly string[],
  { temperature, topK }: Drawing,
): PageCandidate[] {
  const order = Array.from(logits, (_, id) => id).sort((a, b) => logits[b]! - logits[a]! || a - b)
  const kept = order.slice(0, temperature === 0 ? 1 : (topK ?? order.length))
  const top = logits[kept[0]!]!
  const scale = temperature === 0 ? 1 : 1 / Math.max(temperature, 1e-250)
  const weights = kept.map((id) => (logits[id] === top ? 1 : Math.exp((logits[id]! - top) * scale)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return kept.map((id, i) => ({ char: chars[id] ?? '', probability: weights[i]! / total }))
}

/** Continues the prompt until BOS is drawn or the text has `most` characters. */
export async function drawText(
  drawing: Drawing,
  seed: number,
  most: number,
  next: (drawing: Drawing) => Promise<PageCandidate[]>,
): Promise<string> {
  const random = new Random(seed)
  let { prompt } = drawing
  while ([...prompt].length < most) {
    const candidates = await next({ ...drawing, prompt })
    const { char } = candidates[random.choice(candidates.map(({ probability }) => probability))]!
    if (char === '') break
    prompt += char
  }
  return prompt
}
