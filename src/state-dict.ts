/** The one table of the parameters: name, shape, initial spread, and what each matrix is for. */
import { type Arena, Tensor } from './arena.js'
import type { Config } from './config.js'
import type { Random } from './random.js'

/** A row of the table. */
export interface ParameterSpec {
  name: string
  /** [nout, nin], row-major. */
  shape: readonly [number, number]
  /** Standard deviation of the initial values. */
  std: number
  purpose: string
}

/** A matrix of the model: views on its slice of the arena. */
export interface Parameter {
  readonly name: string
  readonly shape: readonly [number, number]
  readonly purpose: string
  /** [nout * nin], row-major; what is written here is what the model computes with. */
  readonly data: Float64Array
  /** The latest step's gradients, [nout * nin]; zero before the first. */
  readonly grad: Float64Array
  /** The same slice as the graph's ops take it. */
  readonly tensor: Tensor
}

/** In microgpt.py's order, which is also the order in the arena. */
export type StateDict = ReadonlyMap<string, Parameter>

/** The matrices of a GPT, in microgpt.py's order. */
export function gptTable(config: Config, vocabSize: number): ParameterSpec[] {
  const { n_embd, n_layer, block_size, init_std, zero_init_projections } = config
  const spec = (name: string, nout: number, nin: number, purpose: string, zero = false) => ({
    name,
    shape: [nout, nin] as const,
    std: zero && zero_init_projections ? 0 : init_std,
    purpose,
  })
  const table = [
    spec('wte', vocabSize, n_embd, 'what a token is: one row a token'),
    spec('wpe', block_size, n_embd, 'where it stands: one row a position'),
    spec('lm_head', vocabSize, n_embd, 'residual stream to a score for each token'),
  ]
  for (let i = 0; i < n_layer; i++) {
    const layer = `layer${i}.`
    table.push(
      spec(`${layer}attn_wq`, n_embd, n_embd, 'query: what a position looks for'),
      spec(`${layer}attn_wk`, n_embd, n_embd, 'key: what a position offers to be found by'),
      spec(`${layer}attn_wv`, n_embd, n_embd, 'value: what a position passes on'),
      spec(`${layer}attn_wo`, n_embd, n_embd, 'heads back to the residual stream', true),
      spec(`${layer}mlp_fc1`, 4 * n_embd, n_embd, 'residual stream to 4 times as many features'),
      spec(`${layer}mlp_fc2`, n_embd, 4 * n_embd, 'features back to the residual stream', true),
    )
  }
  return table
}

/** Numbers in a table. */
export function countParams(table: readonly ParameterSpec[]): number {
  return table.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0)
}

/** Lays a table over an arena's parameters, row after row. */
export function mapStateDict(arena: Arena, table: readonly ParameterSpec[]): StateDict {
  const dict = new Map<string, Parameter>()
  let offset = 0
  for (const { name, shape, purpose } of table) {
    const tensor = arena.param(offset, shape)
    const { data, grad } = tensor
    dict.set(name, Object.freeze({ name, shape, purpose, data, grad, tensor }))
    offset += tensor.count
  }
  return dict
}

/** Draws every parameter from gauss(0, std), row by row in the table's order. */
export function initialise(
  params: Float64Array,
  table: readonly ParameterSpec[],
  random: Random,
): void {
  let i = 0
  for (const { shape, std } of table) {
    for (const end = i + shape[0] * shape[1]; i < end; i++) params[i] = random.gauss(0, std)
  }
}
