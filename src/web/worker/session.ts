/** What one page has going in its worker: the data, the model, its run, and the instruments. */
import { resolveConfig } from '../../config.js'
import { parseDocs } from '../../dataset.js'
import { CoreError } from '../../errors.js'
import { MicroGPT } from '../../microgpt.js'
import type { Candidate, DataSummary, Drawing, FromWorker, Settings } from '../messages.js'
import type { Shown, ToWorker } from '../messages.js'
import { short } from '../text.js'
import { type Engine, OpenTwin, createEngine, cut, slicesOf } from './engine.js'
import { Lens } from './lens.js'
import { candidatesOf, drawText } from './next.js'
import { race } from './race.js'
import { Run } from './run.js'
import { detail, thumb } from './thumbs.js'

type Post = (message: FromWorker, transfer?: Transferable[]) => void
const FIRST_DOCS = 120

export class Session {
  private readonly post: Post
  private docs: readonly string[] = []
  private run: Run | null = null
  private initial: Float64Array = new Float64Array()
  private lens: Lens | null = null
  private engineName: 'wasm' | 'typed' = 'wasm'

  constructor(post: Post) {
    this.post = post
  }

  /** Messages are taken one after the other: the next waits until this has resolved. */
  async hear(message: ToWorker): Promise<void> {
    if (message.type === 'text') return this.setText(message.text, message.settings)
    if (message.type === 'model') return this.setModel(message.settings)
    if (message.type === 'race')
      return race(message, (race_) => this.post({ type: 'race', race: race_ }))
    const { run } = this
    if (!run) return
    switch (message.type) {
      case 'play':
        run.pace = message.pace
        run.stop = message.stop
        void run.play()
        return
      case 'pace':
        return run.setPace(message.pace)
      case 'pause':
        return run.pause()
      case 'step':
        return run.once()
      case 'thumbs':
        return this.sendThumbs(run.engine, message.shown)
      case 'matrix':
        return this.sendMatrix(run.engine, message.name, message.shown)
      case 'word':
        return this.guard('word', () => this.sendLook(run.engine, message.word, message.timed))
      case 'next':
        return this.guard('next', () => this.sendNext(run.engine, message.drawing))
      case 'write':
        return this.guard('next', () => this.write(run, message.drawing, message.seed))
    }
  }

  private async guard(what: 'text' | 'model' | 'word' | 'next', task: () => unknown) {
    try {
      await task()
    } catch (error) {
      this.post({ type: 'refused', what, message: error instanceof Error ? error.message : '' })
    }
  }

  private async setText(text: string, settings: Settings): Promise<void> {
    await this.guard('text', async () => {
      const docs = parseDocs(text)
      // The model first: it is what the visitor waits for.
      await this.setModel(settings, docs)
      if (this.docs === docs) this.post({ type: 'data', summary: summarise(docs) })
    })
  }

  private async setModel(settings: Settings, docs = this.docs): Promise<void> {
    await this.guard('model', async () => {
      const engine = await this.create(settings, docs)
      this.docs = docs
      this.run?.pause()
      this.initial = engine.params.slice()
      this.lens = null
      this.run = new Run(engine, (progress) => {
        // A run that has been put aside has nothing to say any more.
        if (this.run?.engine !== engine) return
        this.post({ type: 'progress', progress }, [progress.losses.buffer, progress.lrs.buffer])
      })
      this.sendReady(engine)
    })
  }

  /** The core, or its twin where the core cannot be had. */
  private async create(settings: Settings, docs: readonly string[]): Promise<Engine> {
    if (this.engineName === 'typed') return createEngine('typed', docs, settings)
    try {
      return await createEngine('wasm', docs, settings)
    } catch (error) {
      if (!(error instanceof CoreError)) throw error
      this.engineName = 'typed'
      this.post({ type: 'fallback', message: error.message })
      return createEngine('typed', docs, settings)
    }
  }

  private sendReady({ config, numParams, tokenizer, docs }: Engine): void {
    const { block_size } = config
    // A document of n characters has n + 1 positions; its first block_size are seen.
    const cutDocs = docs.filter((doc) => doc.length >= block_size && [...doc].length >= block_size)
    this.post({
      type: 'ready',
      ready: {
        engine: this.engineName,
        config,
        numParams,
        vocabSize: tokenizer.vocabSize,
        numDocs: docs.length,
        cut: cutDocs.length,
        firstDocs: docs.slice(0, FIRST_DOCS).map((doc) => short(doc)),
      },
    })
  }

  private sendThumbs(engine: Engine, shown: Shown): void {
    const before = shown === 'data' ? cut(engine, this.initial).map(thumb) : []
    const now = slicesOf(engine, shown).map(thumb)
    const buffers = [...before, ...now].map(({ values }) => values.buffer)
    this.post({ type: 'thumbs', shown, before, now }, buffers)
  }

  private sendMatrix(engine: Engine, name: string, shown: Shown): void {
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

  private async lensOn(engine: Engine): Promise<Lens | null> {
    if (engine instanceof MicroGPT) this.lens ??= await Lens.on(engine)
    return this.lens
  }

  private async sendLook(engine: Engine, word: string, timed: boolean): Promise<void> {
    const lens = await this.lensOn(engine)
    if (!lens) throw new CoreError('attention and the tape need the WebAssembly core')
    this.post({ type: 'look', look: lens.look(word, timed), step: engine.step })
  }

  private async logitsAfter(engine: Engine, prompt: string): Promise<Float64Array> {
    const { BOS } = engine.tokenizer
    const ids = [BOS, ...engine.tokenizer.encode(prompt)]
    if (ids.length > engine.config.block_size) {
      const most = engine.config.block_size - 1
      throw new Error(`the prompt has ${ids.length - 1} characters, and the model sees ${most}`)
    }
    const lens = await this.lensOn(engine)
    return lens ? lens.logitsAfter(ids) : (engine as OpenTwin).logitsAfter(ids)
  }

  private async candidates(engine: Engine, drawing: Drawing): Promise<Candidate[]> {
    checkDrawing(drawing)
    const logits = await this.logitsAfter(engine, drawing.prompt)
    return candidatesOf(logits, engine.tokenizer.chars, drawing)
  }

  private async sendNext(engine: Engine, drawing: Drawing): Promise<void> {
    const candidates = await this.candidates(engine, drawing)
    this.post({ type: 'next', prompt: drawing.prompt, candidates })
  }

  private async write(run: Run, drawing: Drawing, seed: number): Promise<void> {
    const most = run.engine.config.block_size
    const text = await drawText(drawing, seed, most, (next) => this.candidates(run.engine, next))
    this.post({ type: 'written', text: short(text, 200), known: run.isKnown(text) })
  }
}

function checkDrawing({ temperature, topK }: Drawing): void {
  resolveConfig('tutorial', { temperature })
  if (topK !== null && !(Number.isInteger(topK) && topK >= 1)) {
    throw new Error('top-k must be a whole number from 1, or empty for all')
  }
}

function summarise(docs: readonly string[]): DataSummary {
  const chars = new Set<string>()
  let longest = 0
  let longestDoc = ''
  for (const doc of docs) {
    let length = 0
    for (const char of doc) {
      chars.add(char)
      length++
    }
    if (length > longest) {
      longest = length
      longestDoc = doc
    }
  }
  const sorted = [...chars].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!)
  return { numDocs: docs.length, chars: sorted, longest, longestDoc: short(longestDoc) }
}
