/**
 * Runs a word through the model op by op, on a second arena with the same parameters. The model
 * that trains, its gradients and its random numbers stay unchanged. Only the public API is used, so
 * any program can do the same.
 */
import { Bounds, type Ids, Tensor } from '../../engine/tensor.js'
import { Arena } from '../../engine/arena.js'
import { Graph } from '../../engine/graph.js'
import type { OpRecord } from '../../engine/tape.js'
import { type StateDict, mapStateDict } from '../../gpt/state-dict.js'
import { gptTable } from '../../config/parameters.js'
import { loadCore } from '../../engine/core.js'
import { planGPT } from '../../gpt/memory.js'
import type { MicroGPT } from '../../gpt/microgpt.js'
import { gpt } from '../../gpt/model.js'
import type { Look, TapeRow } from '../page-api.js'

/** Browser clocks have a resolution of 5 to 100 µs, so an op is repeated for at least this long. */
const BATCH_MS = 0.3
const BATCHES = 3
const ROUNDS = 64

export class Inspector {
  private readonly model: MicroGPT
  private readonly arena: Arena
  private readonly stateDict: StateDict
  private readonly mark: number
  private readonly tapeStart: number

  private constructor(model: MicroGPT, arena: Arena) {
    const { config, tokenizer } = model
    this.model = model
    this.arena = arena
    this.stateDict = mapStateDict(arena, gptTable(config, tokenizer.vocabSize))
    this.mark = arena.mark()
    this.tapeStart = arena.core.tapeLength()
  }

  static async of(model: MicroGPT): Promise<Inspector> {
    const core = await loadCore()
    const plan = planGPT(core, model.config, model.tokenizer.vocabSize)
    return new Inspector(model, new Arena(core, plan))
  }

  /** The logits of the token after `ids`, [vocab_size]. */
  logitsAfter(ids: readonly number[]): Float64Array {
    const { graph, logits } = this.record(ids, ids.length)
    graph.forward()
    const { vocabSize } = this.model.tokenizer
    return logits.data.slice((ids.length - 1) * vocabSize)
  }

  /**
   * Runs a word through the model: BOS, its characters, BOS, or a piece of a text, which has no BOS;
   * at most block_size positions.
   * @param timed whether to measure the time of each op, which takes about 2 ms per op
   */
  look(word: string, timed: boolean): Look {
    const { config, tokenizer, mode } = this.model
    const ids = mode === 'text' ? tokenizer.encode(word) : tokenizer.encodeDoc(word)
    if (ids.length < 2) throw new Error('a piece of the text needs at least 2 characters')
    const rows = Math.min(config.block_size, ids.length - 1)
    const { graph, loss, names } = this.record(ids, rows)
    graph.forward()
    const chars = [...tokenizer.chars, '']
    return {
      step: this.model.step,
      tokens: ids.slice(0, rows + 1).map((id) => chars[id]!),
      chars,
      probabilities: graph.records.at(-1)!.kept.slice(0, rows * tokenizer.vocabSize),
      attention: this.attention(graph, rows),
      layers: config.n_layer,
      heads: config.n_head,
      rows,
      loss: loss.data[0]!,
      tape: this.tape(graph, loss, names, timed),
    }
  }

  private record(ids: readonly number[], rows: number) {
    const { arena, model, stateDict } = this
    const { config, tokenizer } = model
    arena.params.set(model.params)
    arena.core.truncate(this.tapeStart)
    arena.release(this.mark)
    const tokens = arena.allocIds(rows, tokenizer.vocabSize)
    const targets = arena.allocIds(rows, tokenizer.vocabSize)
    const positions = arena.allocIds(rows, config.block_size)
    const ends = arena.allocIds(2, config.block_size + 1)
    tokens.set(ids, 0, rows)
    positions.set(Array.from({ length: rows }, (_, i) => i))
    targets.set(Array.from({ length: rows }, (_, i) => ids[i + 1] ?? tokenizer.BOS))
    ends.put(1, rows)
    const bounds = new Bounds(ends, rows, config.block_size)
    const graph = new Graph(arena)
    const logits = gpt(graph, stateDict, config, tokens, positions, { bounds })
    const loss = graph.crossEntropy(logits, targets, bounds)
    const names = new Map<Tensor | Ids | number, string>()
    for (const { name, tensor } of stateDict.values()) names.set(tensor.address, name)
    const inputs = { tokens, targets, positions, bounds: ends }
    for (const [name, { address }] of Object.entries(inputs)) names.set(address, name)
    return { graph, logits, loss, names }
  }

  /**
   * The attention weights, [n_layer, n_head, rows, rows]. Each layer stores them as [rows, n_head,
   * span], with a span of at least block_size.
   */
  private attention(graph: Graph, rows: number): Float64Array {
    const { n_layer, n_head } = this.model.config
    const result = new Float64Array(n_layer * n_head * rows * rows)
    const layers = graph.records.filter(({ op }) => op === 'attention')
    layers.forEach(({ kept }, layer) => {
      const span = kept.length / (rows * n_head)
      for (let head = 0; head < n_head; head++) {
        for (let t = 0; t < rows; t++) {
          const from = (t * n_head + head) * span
          const to = ((layer * n_head + head) * rows + t) * rows
          result.set(kept.subarray(from, from + t + 1), to)
        }
      }
    })
    return result
  }

  private tape(
    graph: Graph,
    loss: Tensor,
    names: Map<Tensor | Ids | number, string>,
    timed: boolean,
  ): TapeRow[] {
    graph.records.forEach(({ op, output }, i) => names.set(output.address, `${i}: ${op}`))
    return graph.records.map((record, i) => {
      const row = {
        op: record.op,
        inputs: record.inputs.map((input) => label(input, names)),
        output: sizes(record.output.shape),
      }
      if (!timed) return { ...row, forward: null, backward: null }
      // backward accumulates, so the gradients are reset to keep them from overflowing.
      this.arena.zeroGrad()
      graph.backward(loss)
      return {
        ...row,
        forward: nanoseconds(() => graph.forwardOne(i)),
        backward: nanoseconds(() => graph.backwardOne(i)),
      }
    })
  }
}

const sizes = (shape: readonly number[]) => `[${shape.join(', ')}]`

function label(input: OpRecord['inputs'][number], names: Map<unknown, string>): string {
  const shape = input instanceof Tensor ? input.shape : [input.length]
  return `${names.get(input.address) ?? '?'} ${sizes(shape)}`
}

/** The time of a call: the smallest of a few means, because interruptions only add time. */
function nanoseconds(run: () => void): number {
  return Math.min(...Array.from({ length: BATCHES }, () => meanNanoseconds(run)))
}

function meanNanoseconds(run: () => void): number {
  const start = performance.now()
  let calls = 0
  let ms = 0
  while (ms < BATCH_MS) {
    for (let i = 0; i < ROUNDS; i++) run()
    calls += ROUNDS
    ms = performance.now() - start
  }
  return (1e6 * ms) / calls
}
