/**
 * Valid checkpoints with something wrong in them: bytes changed, taken out, doubled and put in,
 * words of the header swapped, numbers made huge. Each is refused with a CheckpointError of a known
 * code, or read; and what is read is a model that samples, trains, and is saved.
 */
import {
  CheckpointError,
  type LoadOptions,
  MicroGPT,
  Random,
  readSafetensors,
} from '../../src/index.js'
import { TokenizerError, TrainingError } from '../../src/index.js'
import { moduleOf } from '../helpers/cores.js'
import { cpuTime } from '../helpers/cpu-time.js'

const DOCS = ['anna', 'otto', 'noah', 'tina\ud83d\ude00', '\ud83d']
const CODES = new Set([
  ...['truncated', 'header', 'alignment', 'json', 'key', 'duplicate', 'dtype', 'shape', 'offsets'],
  ...['trailing', 'tensors', 'metadata', 'values', 'dataset'],
])
/** What a header may be made of, and what it may not. */
const WORDS = [
  ...['{', '}', '[', ']', '"', ':', ',', '\\', '\\u0000', '\\ud800', '\0', '\n', '\x1b[2J', ' '],
  ...['-1', '0', '1', '00', '1e9', '1.5', '9007199254740993', '18446744073709551616', 'null'],
  ...[
    '"__proto__"',
    '"constructor"',
    '"__metadata__"',
    '"F32"',
    '"BF16"',
    '"I64"',
    '"wte"',
    'true',
  ],
  ...['\xff', '\xed\xa0\x80', '\u{1f600}', '{"a":'.repeat(50), '['.repeat(500), 'x'.repeat(5000)],
]

/** How a batch of mutations went, by the code of the refusal; `read` for none. */
export type MutationCount = Record<string, number>

async function original(optimizer: boolean): Promise<Uint8Array> {
  const config = { n_embd: 4, n_head: 2, block_size: 4, num_steps: 20 }
  const gpt = await MicroGPT.create({ docs: DOCS, config, core: moduleOf('release') })
  for (const _step of gpt.train({ steps: 7 })) continue
  return gpt.save({ optimizer })
}

const originals = await Promise.all([original(true), original(false)])

/**
 * Changes the originals as a seed says, and loads what comes out.
 * @throws {Error} when that goes wrong
 */
export async function fuzzMutation(seed: number, count: MutationCount): Promise<void> {
  const random = new Random(seed)
  let bytes: Buffer = Buffer.from(originals[random.randrange(2)]!)
  for (let n = 1 + random.randrange(4); n > 0; n--) bytes = mutate(bytes, random)
  const before = process.memoryUsage().arrayBuffers
  const code = await codeOf(bytes, random)
  count[code] = (count[code] ?? 0) + 1
  const grown = process.memoryUsage().arrayBuffers - before
  if (code !== 'read' && grown > 2 * bytes.length + 1e6)
    throw new Error(`${grown} bytes were taken`)
  if (Object.keys(Object.prototype).length > 0) throw new Error('a prototype has been changed')
}

async function codeOf(bytes: Uint8Array, random: Random): Promise<string> {
  const options: LoadOptions = random.random() < 0.5 ? { docs: DOCS } : {}
  if (random.random() < 0.3) options.widen = true
  if (random.random() < 0.3) options.optimizer = false
  const start = cpuTime()
  let gpt: MicroGPT
  try {
    gpt = await MicroGPT.load(bytes, { ...options, core: moduleOf('release') })
  } catch (error) {
    if (cpuTime() - start > 2000) throw new Error('it took too long', { cause: error })
    // Documents that the alphabet of a changed file lacks.
    if (error instanceof TokenizerError) return 'read'
    if (error instanceof CheckpointError && CODES.has(error.code)) return error.code
    throw error
  }
  readSafetensors(gpt.save({ optimizer: true }))
  try {
    gpt.sample({ count: 2 })
    if (options.docs) for (const _step of gpt.train({ steps: 2 })) continue
  } catch (error) {
    // Finite numbers may be so large that their products are not.
    if (!(error instanceof TrainingError)) throw error
  }
  return 'read'
}

/** The same bytes with one thing changed, in the header more often than behind it. */
function mutate(bytes: Buffer, random: Random): Buffer {
  const end = Math.min(bytes.length, 8 + (bytes.length >= 8 ? bytes.readUInt32LE() : 0))
  const place = () => {
    const part = random.random()
    return random.randrange(
      1 + (part < 0.1 ? Math.min(8, bytes.length) : part < 0.8 ? end : bytes.length),
    )
  }
  const [a, b] = [place(), place()].sort((x, y) => x - y) as [number, number]
  const cut = (from: number, to: number, put: Uint8Array) =>
    Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(to)])
  switch (random.randrange(8)) {
    case 0: // one bit
      if (a < bytes.length) bytes[a]! ^= 1 << random.randrange(8)
      return bytes
    case 1: // one byte
      if (a < bytes.length) bytes[a] = random.randrange(256)
      return bytes
    case 2:
      return cut(a, Math.min(b, a + 16), Buffer.alloc(0))
    case 3: // double a piece
      return cut(a, a, bytes.subarray(a, Math.min(b, a + 64)))
    case 4: // a word
      return cut(a, a, Buffer.from(WORDS[random.randrange(WORDS.length)]!, 'utf8'))
    case 5: // a number of the header
      return renumbered(bytes, random, end)
    case 6: // a number behind it
      if (end + 8 <= bytes.length) {
        const at = end + 8 * random.randrange(Math.floor((bytes.length - end) / 8))
        const odd = [NaN, Infinity, -1, -0, 0.5, 1e308, -1e308, 5e-324, 1e9]
        bytes.writeDoubleLE(odd[random.randrange(odd.length)]!, at)
      }
      return bytes
    default:
      return cut(random.random() < 0.5 ? a : bytes.length - (b % 9), bytes.length, Buffer.alloc(0))
  }
}

/**
 * Another number in a number's place; the header's length and spaces stay right, so that it is
 * read.
 */
function renumbered(bytes: Buffer, random: Random, end: number): Buffer {
  const header = bytes.subarray(8, end).toString('latin1').trimEnd()
  const all = [...header.matchAll(/\d+/g)]
  if (all.length === 0) return bytes
  const { index, 0: old } = all[random.randrange(all.length)]!
  const near = String(Number(old) + [-8, -1, 1, 8][random.randrange(4)]!)
  const put = random.random() < 0.5 ? near : WORDS[random.randrange(WORDS.length)]!
  const text = Buffer.from(
    header.slice(0, index) + put + header.slice(index + old.length),
    'latin1',
  )
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')])
  const first = Buffer.alloc(8)
  first.writeBigUInt64LE(BigInt(padded.length))
  return Buffer.concat([first, padded, bytes.subarray(end)])
}
