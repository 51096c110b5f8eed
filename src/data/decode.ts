/** Bytes to text: what they are, by how they begin, and where they are malformed. */
import { advice } from '../config/terms.js'
import { DatasetError } from '../errors.js'

/** Bytes of a text at most, and of what a compressed one holds: no string can be longer. */
export const MAX_TEXT = 2 ** 29 - 24
/** The same as people say it. */
export const MAX_TEXT_NAME = '512 MiB'

/** How characters are written. utf-8 also reads UTF-16 where a byte order mark says so. */
export const ENCODINGS = ['utf-8', 'windows-1252', 'utf-16le', 'utf-16be'] as const
export type Encoding = (typeof ENCODINGS)[number]
/** What becomes of malformed bytes: an error, or U+FFFD for each. */
export type EncodingErrors = 'strict' | 'replace'

/**
 * Decompresses gzip. Zlib does it in Node, DecompressionStream in browsers.
 * @throws {RangeError} when it would be longer than `limit` bytes, and any other error for a file that
 *   is damaged or not complete
 */
export type Gunzip = (bytes: Uint8Array, limit: number) => Promise<Uint8Array>

const startsWith = (bytes: Uint8Array, ...start: number[]) =>
  start.every((byte, i) => bytes[i] === byte)

export const isGzip = (bytes: Uint8Array): boolean => startsWith(bytes, 0x1f, 0x8b)

/** What other files begin with, and what they are. */
const OTHERS: readonly [name: string, ...start: number[]][] = [
  ['a ZIP archive', 0x50, 0x4b, 0x03, 0x04],
  ['a PDF', 0x25, 0x50, 0x44, 0x46, 0x2d],
  ['a PNG image', 0x89, 0x50, 0x4e, 0x47],
  ['a JPEG image', 0xff, 0xd8, 0xff],
  ['compressed by bzip2', 0x42, 0x5a, 0x68],
  ['compressed by xz', 0xfd, 0x37, 0x7a, 0x58, 0x5a],
  ['compressed by zstd', 0x28, 0xb5, 0x2f, 0xfd],
  ['UTF-32', 0xff, 0xfe, 0x00, 0x00],
  ['UTF-32', 0x00, 0x00, 0xfe, 0xff],
]

/** @throws {DatasetError} when there are too many bytes for a text */
export function checkSize(bytes: number): void {
  if (bytes <= MAX_TEXT) return
  const got = `got ${Math.ceil(bytes / 2 ** 20)} MiB`
  throw new DatasetError(`a text may have ${MAX_TEXT_NAME}, ${got}; give a part of it`)
}

/**
 * Decompresses gzip, whatever it is inside; other bytes are returned as they are.
 * @throws {DatasetError} when it is damaged, not complete, or too large
 */
export async function decompressed(bytes: Uint8Array, gunzip: Gunzip): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes
  try {
    return await gunzip(bytes, MAX_TEXT)
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new DatasetError(`it is gzip of more than ${MAX_TEXT_NAME}; give a part of it`, {
        cause,
      })
    }
    const why = cause instanceof Error && cause.message ? ` (${cause.message})` : ''
    throw new DatasetError(`it is gzip that is damaged or not complete${why}; get it again`, {
      cause,
    })
  }
}

/**
 * Bytes to text.
 * @param encoding utf-8 unless given; a byte order mark of UTF-16 is then obeyed
 * @throws {DatasetError} that says what the bytes are, or names the line and the byte in it of the
 *   first malformed sequence
 */
export function decode(
  bytes: Uint8Array,
  encoding: Encoding = 'utf-8',
  errors: EncodingErrors = 'strict',
): string {
  checkSize(bytes.length)
  if (encoding === 'windows-1252') return decodeWindows1252(bytes)
  if (encoding === 'utf-8') {
    const other = OTHERS.find(([, ...start]) => startsWith(bytes, ...start))
    if (other) throw new DatasetError(`it is ${other[0]}, not text; give a text file`)
    if (startsWith(bytes, 0xff, 0xfe)) return decode(bytes, 'utf-16le', errors)
    if (startsWith(bytes, 0xfe, 0xff)) return decode(bytes, 'utf-16be', errors)
  }
  try {
    return new TextDecoder(encoding, { fatal: errors === 'strict', ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new DatasetError(whatIsMalformed(bytes, encoding), { cause })
  }
}

function whatIsMalformed(bytes: Uint8Array, encoding: Encoding): string {
  if (encoding !== 'utf-8') {
    const name = encoding.toUpperCase().replace('16', '-16').replace('--', '-')
    return `the text is not valid ${name}; ${advice('replaceBytes')}`
  }
  const { line, byte } = malformedAt(bytes)
  const where = `at line ${line}, byte ${byte} of it`
  return `the text is not valid UTF-8 ${where}; ${advice('latin')}, or ${advice('replaceBytes')}`
}

/** Bytes that are looked through at once for the first malformed one. */
const SPAN = 1 << 14

/** Where the first malformed sequence begins: line, and byte in it, from 1. For refused bytes only. */
function malformedAt(bytes: Uint8Array): { line: number; byte: number } {
  const at = malformedByte(bytes)
  let line = 1
  let lineStart = 0
  for (let i = bytes.indexOf(0x0a); i >= 0 && i < at; i = bytes.indexOf(0x0a, i + 1)) {
    line++
    lineStart = i + 1
  }
  return { line, byte: at - lineStart + 1 }
}

function malformedByte(bytes: Uint8Array): number {
  const valid = (from: number, to: number) => {
    try {
      decoder().decode(bytes.subarray(from, to))
      return true
    } catch {
      return false
    }
  }
  // Spans begin at characters, so that each is valid or not by itself.
  let from = 0
  while (from < bytes.length) {
    const to = characterAt(bytes, Math.min(bytes.length, from + SPAN))
    if (!valid(from, to)) break
    from = to
  }
  const stream = decoder()
  let sequence = from
  for (let i = from; i < bytes.length; i++) {
    try {
      if (stream.decode(bytes.subarray(i, i + 1), { stream: true }) !== '') sequence = i + 1
    } catch {
      break
    }
  }
  return sequence
}

const decoder = () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The last place from which a character may begin, at most three bytes before another one. */
function characterAt(bytes: Uint8Array, at: number): number {
  if (at >= bytes.length) return at
  for (let i = at; i > at - 4; i--) if ((bytes[i]! & 0xc0) !== 0x80) return i
  return at
}

/** Bytes 0x80 to 0x9f as windows-1252 has them; the five that it lacks stay controls (WHATWG). */
const C1 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178'

/** Every byte is a character, so that nothing is malformed. */
function decodeWindows1252(bytes: Uint8Array): string {
  const parts: string[] = []
  for (let from = 0; from < bytes.length; from += SPAN) {
    const codes = Array.from(bytes.subarray(from, from + SPAN), (byte) =>
      byte >= 0x80 && byte < 0xa0 ? C1.charCodeAt(byte - 0x80) : byte,
    )
    parts.push(String.fromCharCode(...codes))
  }
  return parts.join('')
}
