/**
 * A link that contains a run: settings, step, and up to 2 KB of the visitor's words. The hash is
 * `#run=1.` + base64url(checksum + deflate-raw(JSON)); `1` is the version of the format.
 */
import { joined } from '../../checkpoint/safetensors/write.js'
import { type ConfigInput, PRESETS, type PresetName, resolveConfig } from '../../config/config.js'

export interface SharedRun {
  preset: PresetName
  /** Fields that differ from the preset. */
  config: ConfigInput
  /** An integer of any size, as decimal digits. */
  seed: string
  /** Steps to train; 0 for a model that is not trained. */
  step: number
  /** Key of a dataset that the page ships, or 'own'. */
  dataset: string
  /** One document per line, or one long text. */
  mode: 'docs' | 'text'
  /** Only with the dataset 'own'. */
  words?: string
}

/** Maximum size of the visitor's words, in bytes of UTF-8. */
export const MAX_WORDS = 2048
/** Longer than any valid link of this version. */
const MAX_HASH = 16_384
/** Longer than the JSON of any valid link; limits the cost of hostile input. */
const MAX_JSON = 16_384
const PREFIX = 'run='
const VERSION = '1'
const SEED = /^-?\d{1,100}$/
const DATASET = /^[a-z][a-z0-9-]{0,31}$/
const FIELDS = new Set(['preset', 'config', 'seed', 'step', 'dataset', 'mode', 'words'])

/** A link that cannot be written or read; the message is a sentence for the page. */
export class ShareLinkError extends Error {
  override name = 'ShareLinkError'
}

const fail = (message: string): never => {
  throw new ShareLinkError(message)
}

/** Whether a hash is a share link. */
export const isShareHash = (hash: string) => hash.replace(/^#/, '').startsWith(PREFIX)

/**
 * Writes a run as a link.
 * @returns the hash, including '#'
 * @throws {ShareLinkError} for words over 2 KB, or a run that could not be read back
 */
export async function writeShareLink(run: SharedRun): Promise<string> {
  const bytes = new TextEncoder().encode(run.words ?? '').length
  if (bytes > MAX_WORDS) {
    fail(`The words take ${bytes} bytes, but a link holds ${MAX_WORDS}. Save a file instead.`)
  }
  const { preset } = run
  checkRun(run)
  const config = Object.fromEntries(
    Object.entries(run.config).filter(([name, value]) => {
      return value !== undefined && value !== PRESETS[preset][name as keyof ConfigInput]
    }),
  )
  const json = new TextEncoder().encode(JSON.stringify({ ...run, config }))
  const packed = await pass(json, new CompressionStream('deflate-raw'), Infinity)
  const whole = new Uint8Array(4 + packed.length)
  new DataView(whole.buffer).setUint32(0, checksum(json))
  whole.set(packed, 4)
  return `#${PREFIX}${VERSION}.${toBase64url(whole)}`
}

/**
 * Reads the run of a link.
 * @returns null for another kind of hash
 * @throws {ShareLinkError} with a sentence, for a link that is damaged, too long, of another
 *   version, or has settings that cannot be used
 */
export async function readShareLink(hash: string): Promise<SharedRun | null> {
  if (!isShareHash(hash)) return null
  const text = hash.replace(/^#/, '').slice(PREFIX.length)
  if (text.length > MAX_HASH) return fail('This link is too long to be one of this page.')
  const dot = text.indexOf('.')
  const version = text.slice(0, Math.max(0, dot))
  if (!/^\d{1,4}$/.test(version)) return fail('This link is damaged: it names no version.')
  if (version !== VERSION) {
    return fail(`This link has version ${version}, but this page reads version ${VERSION}.`)
  }
  const damaged = 'This link is damaged: a part of it is missing or changed. Copy it again.'
  const bytes = fromBase64url(text.slice(dot + 1))
  if (!bytes || bytes.length < 5) return fail(damaged)
  let json: Uint8Array
  try {
    json = await pass(bytes.slice(4), new DecompressionStream('deflate-raw'), MAX_JSON)
  } catch (error) {
    return error instanceof ShareLinkError ? fail(error.message) : fail(damaged)
  }
  if (new DataView(bytes.buffer).getUint32(0) !== checksum(json)) return fail(damaged)
  let run: unknown
  try {
    run = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json))
  } catch {
    return fail(damaged)
  }
  return checkRun(run)
}

/** Checks a run field by field. @throws {ShareLinkError} */
function checkRun(run: unknown): SharedRun {
  if (typeof run !== 'object' || run === null || Array.isArray(run)) {
    return fail('This link holds no settings.')
  }
  const { preset, config, seed, step, dataset, mode, words } = run as Record<string, unknown>
  const odd = Object.keys(run).find((name) => !FIELDS.has(name))
  if (odd !== undefined) fail(`This link has a part that this page does not know: ${quote(odd)}.`)
  let steps = 0
  try {
    steps = resolveConfig(preset as string, config as ConfigInput).num_steps
  } catch (error) {
    fail(`This link's settings cannot be used: ${(error as Error).message}.`)
  }
  if (typeof seed !== 'string' || !SEED.test(seed)) fail("This link's seed is not a whole number.")
  if (!Number.isSafeInteger(step) || (step as number) < 0 || (step as number) > steps) {
    fail(`This link's step is not a whole number from 0 to num_steps (${steps}).`)
  }
  if (typeof dataset !== 'string' || !DATASET.test(dataset)) {
    fail("This link's dataset has no valid name.")
  }
  if (mode !== 'docs' && mode !== 'text') fail("This link's mode is neither docs nor text.")
  const own = dataset === 'own'
  if (own ? typeof words !== 'string' || words.trim() === '' : words !== undefined) {
    fail(
      own ? 'This link holds no words to learn from.' : 'This link has words for another dataset.',
    )
  }
  if (own && new TextEncoder().encode(words as string).length > MAX_WORDS) {
    fail(`This link holds more than ${MAX_WORDS} bytes of words.`)
  }
  return run as SharedRun
}

const quote = (text: string) => JSON.stringify(text.length > 30 ? `${text.slice(0, 29)}…` : text)

/** FNV-1a, 32 bits: it detects accidental changes and is not meant for security. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/**
 * Passes bytes through a compression stream. @throws {ShareLinkError} for output over `most` bytes
 */
async function pass(
  bytes: Uint8Array,
  stream: CompressionStream | DecompressionStream,
  most: number,
): Promise<Uint8Array> {
  const writer = stream.writable.getWriter()
  // Malformed input rejects both here and in the reader; only the error of the reader is thrown.
  const written = writer.write(bytes as Uint8Array<ArrayBuffer>).then(() => writer.close())
  written.catch(() => {})
  const reader = stream.readable.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    length += value.length
    if (length > most) {
      reader.cancel().catch(() => {})
      fail('This link unpacks to more than this page accepts.')
    }
  }
  return joined({ byteLength: length, pieces: chunks })
}

function toBase64url(bytes: Uint8Array): string {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** Decodes base64url; null for invalid characters or an impossible length. */
function fromBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return null
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}
