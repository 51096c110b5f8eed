/**
 * Larger models, in batches: milliseconds per step, and the share of the machine's peak throughput.
 */
import { readFile } from 'node:fs/promises'
import type { ConfigInput } from '../config/config.js'
import { checkLoss } from './equal.js'
import type { Peak, Setup } from './setup.js'
import { SIZES, type Size } from './shapes.js'
import { blockDocuments } from './texts.js'
import { losses, median, time } from './time.js'

export interface SizeResult {
  numParams: number
  msPerStep: number
  tokensPerSecond: number
  gflops: number
  /** The same, relative to the measured peak multiply-add throughput. */
  ofPeak: number
  /** |loss of the first batch - the typed-array engine's loss of the same documents|. */
  lossDifference: number
}

/**
 * Multiplications and additions per step: for each weight of a linear layer and each row, two
 * forward and four backward; likewise for attention's two products over the triangle.
 */
function flopsOf(config: (typeof SIZES)[Size], numParams: number): number {
  const { n_embd, n_layer, block_size, batch_size } = config
  const rows = batch_size * block_size
  const embeddings = (65 + block_size) * n_embd
  const triangle = (batch_size * block_size * (block_size + 1)) / 2
  return 6 * rows * (numParams - embeddings) + 3 * n_layer * 4 * triangle * n_embd
}

/** assembly/peak.ts, whose module is next to this program. */
export async function loadPeak(): Promise<Peak> {
  const bytes = await readFile(new URL('./peak.wasm', import.meta.url))
  const { instance } = await WebAssembly.instantiate(bytes)
  const { spin, FLOPS } = instance.exports as {
    spin(turns: number): number
    FLOPS: WebAssembly.Global<'i32'>
  }
  return { spin, flops: FLOPS.value }
}

/** GFLOP/s of the peak: the best of many short runs. */
async function measurePeak({ now, peak }: Setup): Promise<number> {
  const { spin, flops } = await peak()
  const turns = 2_000_000
  let best = Infinity
  for (let i = 0; i < 30; i++) {
    const start = now()
    spin(turns)
    best = Math.min(best, now() - start)
  }
  return (turns * flops) / best / 1e6
}

/** @throws {Error} if the typed-array engine's loss differs */
export async function measureSize(setup: Setup, size: Size): Promise<SizeResult> {
  const config = SIZES[size]
  const docs = blockDocuments(config.block_size)
  const input: ConfigInput = { ...config, num_steps: 1_000_000, init_std: 0.05 }
  const gpt = await setup.wasm({ docs, config: input })
  const twin = await setup.typed({ docs, config: { ...input, batch_size: 1 } })
  const want = twin.loss(twin.docs.slice(0, config.batch_size))
  const lossDifference = checkLoss(size, losses(gpt, 1)[0]!, want, 1e-11)

  const peak = await measurePeak(setup)
  const steps = { small: 30, medium: 2, large: 1 }[size]
  time(setup.now, gpt, steps)
  const msPerStep = median(Array.from({ length: 5 }, () => time(setup.now, gpt, steps)))
  const rows = config.batch_size * config.block_size
  const gflops = flopsOf(config, gpt.numParams) / msPerStep / 1e6
  const tokensPerSecond = (1000 * rows) / msPerStep
  const ofPeak = gflops / peak
  return { numParams: gpt.numParams, msPerStep, tokensPerSecond, gflops, ofPeak, lossDifference }
}
