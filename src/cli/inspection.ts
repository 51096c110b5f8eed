/** What there is to know of a model: reckoned without making it, or measured on a fresh one. */
import { MAX_BYTES, planBytes } from '../engine/plan.js'
import { gptTable } from '../config/parameters.js'
import type { Config } from '../config/config.js'
import { loadCore } from '../engine/core.js'
import { planGPT } from '../gpt/memory.js'

/** A row of the state_dict; mean and std only where the model was made. */
export interface InspectedParameter {
  name: string
  shape: readonly [number, number]
  count: number
  purpose: string
  mean?: number
  std?: number
}

export interface Inspection {
  type: 'inspect'
  preset: string
  config: Readonly<Config>
  /** Of the data, where it was read, and how many of them are longer than block_size and are cut. */
  numDocs?: number
  numCut?: number
  /** Instead of these, of a text. */
  numChars?: number
  /** How many of the documents or characters are held out, where any are. */
  numVal?: number
  vocabSize: number
  numParams: number
  parameters: InspectedParameter[]
  /** Bytes of each part of the arena. */
  memory: ReturnType<typeof planBytes>
  /** Bytes that WebAssembly can have. */
  limit: number
  /** Whether the total is below the limit. */
  fits: boolean
}

/** What is known without making the model: nothing is allocated. */
export async function planned(
  preset: string,
  config: Readonly<Config>,
  vocabSize: number,
): Promise<Inspection> {
  const plan = planGPT(await loadCore(), config, vocabSize)
  const memory = planBytes(plan)
  const parameters = gptTable(config, vocabSize).map(({ name, shape, purpose }) => {
    return { name, shape, count: shape[0] * shape[1], purpose }
  })
  return {
    type: 'inspect',
    preset,
    config,
    vocabSize,
    numParams: plan.params,
    parameters,
    memory,
    limit: MAX_BYTES,
    fits: memory.total < MAX_BYTES,
  }
}

/** Adds the mean and the standard deviation of each matrix. @param numbers of a matrix */
export function measure(
  parameters: InspectedParameter[],
  numbers: (parameter: InspectedParameter) => Float64Array,
): void {
  for (const parameter of parameters) {
    const data = numbers(parameter)
    parameter.mean = data.reduce((sum, x) => sum + x, 0) / data.length
    const { mean } = parameter
    parameter.std = Math.sqrt(data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length)
  }
}
