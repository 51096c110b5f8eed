/** The state_dict: the named matrices of a model as views on the arena. */
import type { ParameterName, ParameterSpec } from '../config/parameters.js'
import type { Arena } from '../engine/arena.js'
import type { Tensor } from '../engine/tensor.js'
import type { Random } from '../random.js'

/** A matrix of the model: views on its slice of the arena. */
export interface Parameter {
  readonly name: string
  readonly shape: readonly [number, number]
  readonly purpose: string
  /** [nout * nin], row-major; the model computes with what is written here. */
  readonly data: Float64Array
  /** The latest step's gradients, [nout * nin]; zero before the first. */
  readonly grad: Float64Array
  /** The same slice as the graph's ops take it. */
  readonly tensor: Tensor
}

/** In microgpt.py's order, which is also the order in the arena. */
export interface StateDict extends ReadonlyMap<string, Parameter> {
  /** The matrix of this name, if the model has one. */
  get(name: ParameterName): Parameter | undefined
  /** The same for the names of a model of your own. */
  get(name: string): Parameter | undefined
}

/** Maps a table to an arena's parameters, row after row. */
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
