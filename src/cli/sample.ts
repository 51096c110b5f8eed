/** The sample command: loads a model, or trains one silently, then prints samples. */
import { show } from '../config/checks.js'
import { TokenizerError } from '../errors.js'
import type { PromptOptions, CliModel } from './engine.js'
import { UsageError } from './exit.js'
import type { Output } from './output.js'
import type { Flags } from './parse.js'
import { type Report, SILENT } from './report.js'
import { jsonReport } from './report-json.js'
import { type Surroundings, session } from './session.js'
import { textOf, whole } from './settings.js'
import { defaultCount, sampled } from './train.js'
import { visible, visibleLines } from './visible.js'

/** Separates samples that have several lines. */
const RULE = `${'-'.repeat(15)}\n`

export function sample(flags: Flags, surroundings: Surroundings): Promise<number> {
  const { out } = surroundings
  const count = whole(flags, 'count', 0, undefined)
  const length = whole(flags, 'length', 0, undefined)
  const topK = whole(flags, 'top-k', 1, undefined)
  const prompt = textOf(flags, 'prompt')
  const report = () => {
    if (!flags.has('json')) return plainReport(out)
    const { start, sample: put, end } = jsonReport(out)
    return flags.has('quiet') ? { ...SILENT, sample: put } : { ...SILENT, start, sample: put, end }
  }
  const fromFile = flags.has('model')
  return session(flags, surroundings, report, (engine) => {
    if (length !== undefined && engine.mode !== 'text') {
      const what = '--length is for --mode text: documents end by themselves'
      throw new UsageError(`${what}, at block_size at the latest; leave it out`)
    }
    if (prompt === undefined && topK === undefined) return sampled(engine, count, length)
    const options: PromptOptions = { prompt: prompt ?? '' }
    if (length !== undefined) options.length = length
    if (topK !== undefined) options.topK = topK
    return continued(engine, count ?? defaultCount(engine), options, fromFile)
  })
}

/** Prints only the samples. */
function plainReport(out: Output): Report {
  let long = false
  return {
    ...SILENT,
    start({ mode }) {
      long = mode === 'text'
    },
    sample(index, text) {
      if (long && index > 1) out.write(RULE)
      out.write(`${long ? visibleLines(text) : visible(text)}\n`)
    },
  }
}

/**
 * Samples that begin with a prompt.
 * @throws {UsageError} before anything is drawn, for a prompt that the model cannot encode
 */
function continued(
  engine: CliModel,
  count: number,
  options: PromptOptions,
  fromFile: boolean,
): Iterable<string> {
  const { prompt } = options
  if (!engine.generate) {
    const what = '--prompt and --top-k need --engine wasm'
    throw new UsageError(`${what}: the reference engines only sample`)
  }
  const most = engine.mode === 'text' ? Infinity : engine.config.block_size - 1
  const length = [...prompt].length
  if (length > most) {
    const what = `--prompt takes at most ${most} characters (block_size less one), got ${length}`
    // --block-size cannot change a model loaded from a file.
    throw new UsageError(`${what}; shorten it${fromFile ? '' : ' or raise --block-size'}`)
  }
  try {
    engine.tokenizer.encode(prompt)
  } catch (cause) {
    if (!(cause instanceof TokenizerError)) throw cause
    throw new UsageError(`--prompt ${show(prompt)}: ${cause.message}`, { cause })
  }
  return drawn(engine.generate.bind(engine), count, options)
}

function* drawn(
  generate: NonNullable<CliModel['generate']>,
  count: number,
  options: PromptOptions,
): Generator<string> {
  for (let i = 0; i < count; i++) {
    let line = options.prompt
    for (const { char } of generate(options)) line += char
    yield line
  }
}
