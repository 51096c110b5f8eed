/** sample: trains a model in silence, then prints what it invents. */
import { show } from '../config.js'
import { TokenizerError } from '../errors.js'
import type { Engine } from './engine.js'
import { UsageError } from './exit.js'
import type { Flags } from './parse.js'
import { SILENT } from './report.js'
import { jsonReport } from './report-json.js'
import { type Surroundings, session } from './session.js'
import { textOf, whole } from './settings.js'
import { sampled } from './train.js'
import { visible } from './visible.js'

export function sample(flags: Flags, surroundings: Surroundings): Promise<number> {
  const { out } = surroundings
  const count = whole(flags, 'count', 0, 20)
  const topK = whole(flags, 'top-k', 1, undefined)
  const prompt = textOf(flags, 'prompt')
  const report = () => {
    if (!flags.has('json')) {
      return { ...SILENT, sample: (_: number, line: string) => out.write(`${visible(line)}\n`) }
    }
    const { start, sample: put, end } = jsonReport(out)
    return flags.has('quiet') ? { ...SILENT, sample: put } : { ...SILENT, start, sample: put, end }
  }
  const guided = prompt !== undefined || topK !== undefined
  return session(flags, surroundings, report, (engine) =>
    guided ? continued(engine, count, prompt ?? '', topK) : sampled(engine, count),
  )
}

/**
 * Texts that begin with a prompt.
 * @throws {UsageError} at once, for a prompt that the model cannot read
 */
function continued(engine: Engine, count: number, prompt: string, topK?: number): Iterable<string> {
  if (!engine.generate) {
    throw new UsageError('--prompt and --top-k need --engine wasm: the twins only sample')
  }
  const most = engine.config.block_size - 1
  const length = [...prompt].length
  if (length > most) {
    const what = `--prompt takes at most ${most} characters (block_size less one), got ${length}`
    throw new UsageError(`${what}; cut it or raise --block-size`)
  }
  try {
    engine.tokenizer.encode(prompt)
  } catch (cause) {
    if (!(cause instanceof TokenizerError)) throw cause
    throw new UsageError(`--prompt ${show(prompt)}: ${cause.message}`, { cause })
  }
  return drawn(engine.generate.bind(engine), count, prompt, topK)
}

function* drawn(
  generate: NonNullable<Engine['generate']>,
  count: number,
  prompt: string,
  topK?: number,
): Generator<string> {
  for (let i = 0; i < count; i++) {
    let line = prompt
    for (const { char } of generate(topK === undefined ? { prompt } : { prompt, topK }))
      line += char
    yield line
  }
}
