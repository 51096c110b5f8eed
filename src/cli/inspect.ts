/** inspect: the parameters of a model and the memory it takes, before or without making it. */
import { type ArenaPlan, MAX_BYTES, planBytes } from '../arena.js'
import { type Config, resolveConfig } from '../config.js'
import { ArenaError } from '../errors.js'
import { planGPT } from '../memory.js'
import { type ParameterSpec, gptTable } from '../state-dict.js'
import { Tokenizer } from '../tokenizer.js'
import { readDocs } from './docs.js'
import { UsageError } from './exit.js'
import { inspectionText } from './inspect-text.js'
import type { Flags } from './parse.js'
import type { Surroundings } from './session.js'
import { type ModelSettings, modelSettings, whole } from './settings.js'
import { jsonLine } from './visible.js'

/** A row of the state_dict; mean and std only where the model was made. */
export interface InspectedParameter extends Omit<ParameterSpec, 'std'> {
  count: number
  mean?: number
  std?: number
}

export interface Inspection {
  type: 'inspect'
  preset: string
  config: Readonly<Config>
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

export async function inspect(flags: Flags, { out, interrupt }: Surroundings): Promise<number> {
  const settings = modelSettings(flags)
  const vocabSize = whole(flags, 'vocab-size', 1, undefined)
  if (vocabSize !== undefined && settings.data !== undefined) {
    throw new UsageError('--vocab-size plans without data; leave out --data')
  }
  const docs = vocabSize === undefined ? await readDocs(settings.data, interrupt.signal) : null
  const config = resolveConfig(settings.preset, settings.config)
  const inspection = planned(settings.preset, config, vocabSize ?? Tokenizer.of(docs!).vocabSize)
  if (docs && inspection.fits) await measure(inspection, settings, docs)
  out.write(flags.has('json') ? jsonLine(inspection) : inspectionText(inspection, out.width))
  return 0
}

/** All that can be reckoned; nothing is allocated. */
function planned(preset: string, config: Readonly<Config>, vocabSize: number): Inspection {
  const plan: ArenaPlan = planGPT(config, vocabSize)
  const memory = planBytes(plan)
  return {
    type: 'inspect',
    preset,
    config,
    vocabSize,
    numParams: plan.params,
    parameters: gptTable(config, vocabSize).map(({ name, shape, purpose }) => ({
      name,
      shape,
      count: shape[0] * shape[1],
      purpose,
    })),
    memory,
    limit: MAX_BYTES,
    fits: memory.total < MAX_BYTES,
  }
}

/** Makes the model and adds what its initial values look like. */
async function measure(
  inspection: Inspection,
  settings: ModelSettings,
  docs: readonly string[],
): Promise<void> {
  const { MicroGPT } = await import('../microgpt.js')
  const { preset, config, seed } = settings
  try {
    const gpt = await MicroGPT.create({ docs, preset, config, seed })
    for (const parameter of inspection.parameters) {
      Object.assign(parameter, spread(gpt.stateDict.get(parameter.name)!.data))
    }
  } catch (error) {
    // The machine has less than WebAssembly would allow: the plan still holds.
    if (!(error instanceof ArenaError)) throw error
  }
}

/** Mean and standard deviation, of these numbers and not of a population behind them. */
function spread(data: Float64Array): { mean: number; std: number } {
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length
  const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length
  return { mean, std: Math.sqrt(variance) }
}
