/** What looks inside one model while it trains, and talks to it: nothing here changes its run. */
import { resolveConfig } from '../../config/config.js'
import { CoreError } from '../../errors.js'
import { MicroGPT } from '../../gpt/microgpt.js'
import type { Candidate, Drawing, FromWorker, Shown } from '../messages.js'
import { short } from '../text.js'
import { type Engine, OpenTwin, cut, slicesOf } from './engine.js'
import { Lens } from './lens.js'
import { candidatesOf, drawText } from './next.js'
import { detail, thumb } from './thumbs.js'

export type Post = (message: FromWorker, transfer?: Transferable[]) => void

export class Instruments {
  private readonly engine: Engine
  /** The parameters that stand beside those of now. */
  private readonly initial: Float64Array
  private readonly post: Post
  private lens: Lens | null = null

  constructor(engine: Engine, initial: Float64Array, post: Post) {
    this.engine = engine
    this.initial = initial
    this.post = post
  }

  sendThumbs(shown: Shown): void {
    const { engine } = this
    const before = shown === 'data' ? cut(engine, this.initial).map(thumb) : []
    const now = slicesOf(engine, shown).map(thumb)
    const buffers = [...before, ...now].map(({ values }) => values.buffer)
    this.post({ type: 'thumbs', shown, before, now }, buffers)
  }

  sendMatrix(name: string, shown: Shown): void {
    const { engine } = this
    const find = (flat: Float64Array) => cut(engine, flat).find((slice) => slice.name === name)
    const first = find(this.initial)
    const current = slicesOf(engine, shown).find((slice) => slice.name === name)
    if (!first || !current) return
    const before = detail(first)
    const now = detail(current)
    this.post({ type: 'matrix', shown, before, now, step: engine.step }, [
      before.values.buffer,
      now.values.buffer,
    ])
  }

  private async lensOn(): Promise<Lens | null> {
    if (this.engine instanceof MicroGPT) this.lens ??= await Lens.on(this.engine)
    return this.lens
  }

  async sendLook(word: string, timed: boolean): Promise<void> {
    const lens = await this.lensOn()
    if (!lens) throw new CoreError('attention and the tape need the WebAssembly core')
    this.post({ type: 'look', look: lens.look(word, timed), step: this.engine.step })
  }

  private async logitsAfter(prompt: string): Promise<Float64Array> {
    const { engine } = this
    const { BOS } = engine.tokenizer
    const ids = [BOS, ...engine.tokenizer.encode(prompt)]
    if (ids.length > engine.config.block_size) {
      const most = engine.config.block_size - 1
      throw new Error(`the prompt has ${ids.length - 1} characters, and the model sees ${most}`)
    }
    const lens = await this.lensOn()
    return lens ? lens.logitsAfter(ids) : (engine as OpenTwin).logitsAfter(ids)
  }

  private async candidates(drawing: Drawing): Promise<Candidate[]> {
    checkDrawing(drawing)
    const logits = await this.logitsAfter(drawing.prompt)
    return candidatesOf(logits, this.engine.tokenizer.chars, drawing)
  }

  async sendNext(drawing: Drawing): Promise<void> {
    const candidates = await this.candidates(drawing)
    this.post({ type: 'next', prompt: drawing.prompt, candidates })
  }

  async write(drawing: Drawing, seed: number, isKnown: (text: string) => boolean): Promise<void> {
    const most = this.engine.config.block_size
    const text = await drawText(drawing, seed, most, (next) => this.candidates(next))
    this.post({ type: 'written', text: short(text, 200), known: isKnown(text) })
  }
}

function checkDrawing({ temperature, topK }: Drawing): void {
  resolveConfig('tutorial', { temperature })
  if (topK !== null && !(Number.isInteger(topK) && topK >= 1)) {
    throw new Error('top-k must be a whole number from 1, or empty for all')
  }
}
