/** The state_dict: the named matrices of a model as views on the arena. */
import type { ParameterName, ParameterSpec } from '../config/parameters.js'
import type { Arena } from '../engine/arena.js'
import type { Tensor } from '../engine/tensor.js'
import type { Random } from '../random.js'

/** One matrix of the model, with live views on its slice of the arena. */
export interface Parameter {
  /** Name in the state_dict, such as layer0.attn_wq. */
  readonly name: string
  /** [nout, nin]. */
  readonly shape: readonly [number, number]
  /** What the matrix is for, in one line. */
  readonly purpose: string
  /** The values, [nout * nin], row-major. Writing to it changes the model. */
  readonly data: Float64Array
  /** The gradients of the latest step, [nout * nin], row-major; 0 before the first step. */
  readonly grad: Float64Array
  /** The same slice as a tensor, for the ops of a graph. */
  readonly tensor: Tensor
}

/** The matrices by name, in microgpt.py's order, which is also their order in the arena. */
export interface StateDict extends ReadonlyMap<string, Parameter> {
  /** The matrix with this name, if the model has one. */
  get(name: ParameterName): Parameter | undefined
  /** The same for other models, with other names. */
  get(name: string): Parameter | undefined
}

/**
 * Maps the matrices of a table to an arena's parameters, one after the other.
 * @throws {ArenaError} if the arena has fewer parameters than the table
 */
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

/** Draws every parameter from gauss(0, std), in the order of the table, row by row. */
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
