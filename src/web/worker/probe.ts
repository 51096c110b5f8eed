/** Inspects a model while it trains, and samples from it; nothing here changes its run. */
import { resolveConfig } from '../../config/config.js'
import { CoreError } from '../../errors.js'
import { MicroGPT } from '../../gpt/microgpt.js'
import { continuationOf } from '../../gpt/policy.js'
import { shareOfRightAnswers } from '../lib/datasets/sums.js'
import type {
  PageCandidate,
  Drawing,
  Look,
  Matrix,
  ParameterNumbers,
  PageApi,
  Shown,
} from '../page-api.js'
import { type Engine, OpenReference, cut, gradientsOf, slicesOf } from './engine.js'
import { Inspector } from './inspector.js'
import { detail, thumb } from './matrices.js'
import { candidatesOf } from './next.js'

/** Maximum length of a text in text mode, in characters. */
const TEXT_LENGTH = 300

export class Probe {
  private readonly engine: Engine
  /** The parameters that are shown as "before". */
  private readonly initial: Float64Array
  private inspector: Inspector | null = null

  constructor(engine: Engine, initial: Float64Array) {
    this.engine = engine
    this.initial = initial
  }

  private get isText(): boolean {
    return this.engine instanceof MicroGPT && this.engine.mode === 'text'
  }

  /** Maximum length of a text, in characters. */
  get mostChars(): number {
    return this.isText ? TEXT_LENGTH : this.engine.config.block_size
  }

  numbers(start: boolean): ParameterNumbers {
    const { engine, initial } = this
    return {
      step: engine.step,
      values: engine.params.slice(),
      gradients: gradientsOf(engine),
      start: start ? initial.slice() : null,
    }
  }

  thumbs(shown: Shown): Matrix[] {
    return slicesOf(this.engine, shown).map(thumb)
  }

  matrix(name: string, shown: Shown): PageApi['matrix']['result'] {
    const { engine, initial } = this
    const first = cut(engine, initial).find((slice) => slice.name === name)
    const current = slicesOf(engine, shown).find((slice) => slice.name === name)
    if (!first || !current) return null
    return { before: detail(first), now: detail(current), shown, step: engine.step }
  }

  async look(word: string, timed: boolean): Promise<Look> {
    const inspector = await this.inspect()
    if (!inspector) throw new CoreError('attention and the tape need the WebAssembly core')
    return inspector.look(word, timed)
  }

  async candidates(drawing: Drawing): Promise<PageCandidate[]> {
    checkDrawing(drawing)
    const logits = await this.logitsAfter(drawing.prompt)
    const { BOS, chars } = this.engine.tokenizer
    // In text mode the last id, BOS, is never drawn, because a text has no end.
    return candidatesOf(this.isText ? logits.subarray(0, BOS) : logits, chars, drawing)
  }

  /**
   * The share of held-out sums that the model answers correctly with greedy sampling; null without
   * any.
   */
  rightAnswers(most: number): number | null {
    const { engine } = this
    if (!(engine instanceof MicroGPT) || engine.valDocs.length === 0) return null
    return shareOfRightAnswers(engine, engine.valDocs.slice(0, most))
  }

  private async inspect(): Promise<Inspector | null> {
    if (this.engine instanceof MicroGPT) this.inspector ??= await Inspector.of(this.engine)
    return this.inspector
  }

  private async logitsAfter(prompt: string): Promise<Float64Array> {
    const { engine } = this
    const { block_size } = engine.config
    const { BOS } = engine.tokenizer
    if (this.isText) {
      // Without a prompt it begins like generate(): the model has never seen BOS.
      const { start } = continuationOf('text', engine.tokenizer, block_size, prompt, undefined)
      return this.logitsOf(start.slice(-block_size))
    }
    const ids = [BOS, ...engine.tokenizer.encode(prompt)]
    if (ids.length > block_size) {
      throw new Error(
        `the prompt has ${ids.length - 1} characters, and the model sees ${block_size - 1}`,
      )
    }
    return this.logitsOf(ids)
  }

  private async logitsOf(ids: readonly number[]): Promise<Float64Array> {
    const inspector = await this.inspect()
    return inspector ? inspector.logitsAfter(ids) : (this.engine as OpenReference).logitsAfter(ids)
  }
}

function checkDrawing({ temperature, topK }: Drawing): void {
  resolveConfig('tutorial', { temperature })
  if (topK !== null && !(Number.isInteger(topK) && topK >= 1)) {
    throw new Error('top-k must be a whole number from 1, or empty for all')
  }
}
