/** Facts about a model: computed without allocating it, or measured on its parameters. */
import { MAX_BYTES, planBytes } from '../engine/plan.js'
import { gptTable } from '../config/parameters.js'
import type { Config } from '../config/config.js'
import { loadCore } from '../engine/core.js'
import { planGPT } from '../gpt/memory.js'

/** An entry of the state_dict. mean and std are there only after measure(). */
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
  /** Documents, and how many of them are cut to block_size. Absent if no documents were read. */
  numDocs?: number
  numCut?: number
  /** Characters of the text, in text mode. */
  numChars?: number
  /** Documents or characters held out. Absent if there are none. */
  numVal?: number
  vocabSize: number
  numParams: number
  parameters: InspectedParameter[]
  /** Bytes of each part of the arena. */
  memory: ReturnType<typeof planBytes>
  /** The most memory that WebAssembly can have, in bytes. */
  limit: number
  /** Whether the total is below the limit. */
  fits: boolean
}

/** Computes an inspection without allocating the model. */
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

/**
 * Adds the mean and the standard deviation of each parameter matrix.
 * @param numbers returns the numbers of a matrix
 */
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
