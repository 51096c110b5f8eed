/** Creates engines for the page's worker and reads their parameters. */
import { MicroGPT } from '../../gpt/microgpt.js'
import type { Trainable } from '../../gpt/trainable.js'
import { ValueGPT } from '../../reference/model.js'
import { TypedGPT } from '../../reference/typed.js'
import { gptTable } from '../../config/parameters.js'
import { DatasetError } from '../../errors.js'
import type { EngineName, Settings, Shown, SourceText } from '../page-api.js'

/** The engine that trains: the core, or a reference engine if the core is not available. */
export type Engine = Trainable

/** The typed-array reference engine, with a public method for the logits after a text. */
export class OpenReference extends TypedGPT {
  logitsAfter(tokens: readonly number[]): Float64Array {
    let logits = new Float64Array()
    tokens.forEach((token, position) => (logits = this.logits(token, position).slice()))
    return logits
  }
}

/** @throws what the engine's own constructor throws */
export async function createEngine(
  name: EngineName,
  { text, mode, valFraction, docs }: SourceText & { docs: readonly string[] },
  { preset, config, seed }: Settings,
): Promise<Engine> {
  const options = { docs, preset, config, seed: BigInt(seed) }
  if (mode === 'text') {
    if (name !== 'wasm') throw new DatasetError('a long text needs the WebAssembly core')
    const { docs: _, ...rest } = options
    return MicroGPT.create({ ...rest, text, valFraction })
  }
  if (name === 'typed') return new OpenReference(options)
  if (name === 'value') return new ValueGPT(options)
  return MicroGPT.create({ ...options, valFraction })
}

/** A matrix as a slice of the flat parameters or gradients. */
export interface Slice {
  name: string
  rows: number
  columns: number
  values: Float64Array
}

/** The matrices of an engine, as views and not copies. */
export function slicesOf(engine: Engine, shown: Shown): Slice[] {
  if (engine instanceof MicroGPT) {
    return Array.from(engine.stateDict.values(), ({ name, shape, data, grad }) => {
      return { name, rows: shape[0], columns: shape[1], values: shown === 'data' ? data : grad }
    })
  }
  const { params, grad } = engine as OpenReference
  return cut(engine, shown === 'data' ? params : grad)
}

/** Splits a flat list into the matrices of the state_dict. */
export function cut({ config, tokenizer }: Engine, flat: Float64Array): Slice[] {
  let at = 0
  return gptTable(config, tokenizer.vocabSize).map(({ name, shape: [rows, columns] }) => {
    return { name, rows, columns, values: flat.subarray(at, (at += rows * columns)) }
  })
}

/** The gradient of one parameter in the latest step. */
export function gradientAt(engine: Engine, index: number): number {
  if (!(engine instanceof MicroGPT)) return (engine as OpenReference).grad[index]!
  let at = index
  for (const { grad } of engine.stateDict.values()) {
    if (at < grad.length) return grad[at]!
    at -= grad.length
  }
  return NaN
}

/** A copy of the gradients of the latest step, flat. */
export function gradientsOf(engine: Engine): Float64Array {
  if (!(engine instanceof MicroGPT)) return (engine as OpenReference).grad.slice()
  const flat = new Float64Array(engine.numParams)
  let at = 0
  for (const { grad } of engine.stateDict.values()) {
    flat.set(grad, at)
    at += grad.length
  }
  return flat
}
