/** Larger models, in batches: milliseconds a step, and how much of the machine's arithmetic that is. */
import { readFile } from 'node:fs/promises'
import type { ConfigInput } from '../config.js'
import { MicroGPT } from '../microgpt.js'
import { Random } from '../random.js'
import { TypedGPT } from '../reference/typed.js'
import { SIZES, type Size } from './shapes.js'

export interface SizeResult {
  numParams: number
  msPerStep: number
  tokensPerSecond: number
  gflops: number
  /** The same, of what multiplies and adds the machine makes at the most. */
  ofPeak: number
  /** |loss of the first batch - the typed-array twin's loss of the same documents|. */
  lossDifference: number
}

const ALPHABET = Array.from({ length: 64 }, (_, i) => String.fromCodePoint(48 + i)).join('')

function documents(length: number): string[] {
  const random = new Random(1)
  const text = () => Array.from({ length }, () => ALPHABET[random.randrange(64)]!).join('')
  return [ALPHABET.padEnd(length, '0'), ...Array.from({ length: 63 }, text)]
}

/**
 * Multiplications and additions of a step: each weight of a linear layer twice a row forward and
 * four times backward, and attention's two products over the triangle, likewise.
 */
function flopsOf(config: (typeof SIZES)[Size], numParams: number): number {
  const { n_embd, n_layer, block_size, batch_size } = config
  const rows = batch_size * block_size
  const embeddings = (65 + block_size) * n_embd
  const triangle = (batch_size * block_size * (block_size + 1)) / 2
  return 6 * rows * (numParams - embeddings) + 3 * n_layer * 4 * triangle * n_embd
}

/** GFLOP/s of assembly/peak.ts: the best of many short runs. */
async function measurePeak(): Promise<number> {
  const bytes = await readFile(new URL('./peak.wasm', import.meta.url))
  const { instance } = await WebAssembly.instantiate(bytes)
  const { spin, FLOPS } = instance.exports as {
    spin(turns: number): number
    FLOPS: WebAssembly.Global<'i32'>
  }
  const turns = 2_000_000
  let best = Infinity
  for (let i = 0; i < 30; i++) {
    const start = performance.now()
    spin(turns)
    best = Math.min(best, performance.now() - start)
  }
  return (turns * FLOPS.value) / best / 1e6
}

/** Milliseconds of a step: the median of some batches of steps, after a warm-up. */
function timeSteps(gpt: MicroGPT, steps: number): number {
  const time = () => {
    const start = performance.now()
    for (const _step of gpt.train({ steps })) continue
    return (performance.now() - start) / steps
  }
  time()
  return Array.from({ length: 5 }, time).sort((a, b) => a - b)[2]!
}

/** @throws {Error} when the twin's loss is not the same */
export async function measureSize(size: Size): Promise<SizeResult> {
  const config = SIZES[size]
  const docs = documents(config.block_size)
  const input: ConfigInput = { ...config, num_steps: 1_000_000, init_std: 0.05 }
  const gpt = await MicroGPT.create({ docs, config: input })
  const twin = new TypedGPT({ docs, config: { ...input, batch_size: 1 } })
  const want = twin.loss(twin.docs.slice(0, config.batch_size))
  const [first] = [...gpt.train({ steps: 1 })]
  const loss = first!.loss
  const lossDifference = Math.abs(loss - want)
  if (!(lossDifference <= 1e-11)) throw new Error(`${size}: the loss is ${lossDifference} off`)

  const peak = await measurePeak()
  const msPerStep = timeSteps(gpt, { small: 30, medium: 2, large: 1 }[size])
  const rows = config.batch_size * config.block_size
  const gflops = flopsOf(config, gpt.numParams) / msPerStep / 1e6
  const tokensPerSecond = (1000 * rows) / msPerStep
  const ofPeak = gflops / peak
  return { numParams: gpt.numParams, msPerStep, tokensPerSecond, gflops, ofPeak, lossDifference }
}
