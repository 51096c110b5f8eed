/**
 * Reads the bytes of --data from a file, standard input or a URL. Reading is done in pieces, has one
 * size limit and can be interrupted. A silent server, or a named pipe without a writer, is an error.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type ZlibOptions, gunzip as zlibGunzip } from 'node:zlib'
import { checkSize } from '../data/decode.js'
import { formatBytes } from '../engine/plan.js'
import { DatasetError } from '../errors.js'

export interface Reading {
  /** Cancels the reading. */
  signal: AbortSignal
  /** Called with the number of bytes read so far. */
  progress?: (bytes: number) => void
  /** Milliseconds to wait for a silent server, or for a pipe's writer; 30,000 by default. */
  patience?: number
}

const PATIENCE = 30_000
const MAX_REDIRECTS = 5
/** Bytes per read from a named pipe. */
const PIECE = 1 << 16
const TAKES = '--data takes a text file, an http(s) URL, or - for standard input'

export const isUrl = (data: string): boolean => /^https?:/i.test(data)

/** @throws {DatasetError} naming the source, if it cannot be read or is too large */
export async function readSource(data: string, reading: Reading): Promise<Uint8Array> {
  if (isUrl(data)) return download(data, reading)
  return data === '-'
    ? readStream(process.stdin, 'standard input', reading)
    : readPath(data, reading)
}

/** Decompresses gzip. @throws if anything follows it, or if the result is larger than `limit` */
export async function gunzip(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  const options = { maxOutputLength: limit, info: true }
  const unzip = promisify<Uint8Array, ZlibOptions, unknown>(zlibGunzip)
  const result = await unzip(bytes, options).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ERR_BUFFER_TOO_LARGE' ? new RangeError(error.message) : error
  })
  const { buffer, engine } = result as { buffer: Buffer; engine: { bytesWritten: number } }
  if (engine.bytesWritten !== bytes.length) throw new Error('there is something else after it')
  return buffer
}

const FILE_TROUBLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'reading it is not permitted',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'the name is too long',
}

async function readPath(path: string, reading: Reading): Promise<Uint8Array> {
  const failed = (why: string, cause?: unknown) =>
    new DatasetError(`cannot read ${path}: ${why}; ${TAKES}`, { cause })
  try {
    const kind = await stat(path)
    if (kind.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    if (kind.isFIFO()) return await readStream(pipeBytes(path, reading), path, reading)
    if (!kind.isFile()) throw failed('it is a device or a socket')
    checkSize(kind.size)
    const file = await open(path, 'r')
    // The stream closes the file.
    return await readStream(file.createReadStream(), path, reading)
  } catch (cause) {
    if (cause instanceof DatasetError || reading.signal.aborted) throw cause
    const { code = '', message } = cause as NodeJS.ErrnoException
    throw failed(FILE_TROUBLE[code] ?? message, cause)
  }
}

/**
 * The bytes of a named pipe, read without blocking: a normal open would wait for a writer and could
 * not be interrupted.
 */
async function* pipeBytes(path: string, { signal, patience = PATIENCE }: Reading) {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const until = performance.now() + patience
    for (let hasWriter = false; ;) {
      const piece = new Uint8Array(PIECE)
      const count = readNow(fd, piece)
      if (count !== 0) hasWriter = true
      if (count === 0 && hasWriter) return
      if (count > 0) yield piece.subarray(0, count)
      else await setTimeout(10, undefined, { signal })
      if (!hasWriter && performance.now() > until) throw new Error('nothing writes to the pipe')
    }
  } finally {
    closeSync(fd)
  }
}

/** The bytes read; 0 if the pipe has no writer, -1 if there is nothing to read yet. */
function readNow(fd: number, piece: Uint8Array): number {
  try {
    return readSync(fd, piece, 0, piece.length, null)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return -1
    throw error
  }
}

/** Reads a stream to its end. Throws if it is too long or `signal` is aborted. */
async function readStream(
  stream: AsyncIterable<unknown> & { destroy?(error?: Error): unknown },
  name: string,
  { signal, progress }: Reading,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  const stop = () => stream.destroy?.(new Error('interrupted'))
  signal.addEventListener('abort', stop)
  try {
    signal.throwIfAborted()
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      signal.throwIfAborted()
      pieces.push(piece)
      length += piece.length
      checkSize(length)
      progress?.(length)
    }
  } catch (cause) {
    if (!(cause instanceof DatasetError)) throw cause
    throw new DatasetError(`${name}: ${cause.message}`, { cause })
  } finally {
    signal.removeEventListener('abort', stop)
    stream.destroy?.()
  }
  signal.throwIfAborted()
  return Buffer.concat(pieces, length)
}

/** A URL for messages, without its user name and password. */
export function shownUrl(url: string): string {
  return url.replace(/^(https?:\/\/)[^/?#]*@/i, '$1***@')
}

async function download(url: string, reading: Reading): Promise<Uint8Array> {
  const shown = shownUrl(url)
  const { signal, patience = PATIENCE } = reading
  const patient = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const wait = () => {
    clearTimeout(timer)
    timer = globalThis.setTimeout(() => patient.abort(), patience)
  }
  const progress = (bytes: number) => {
    wait()
    reading.progress?.(bytes)
  }
  try {
    wait()
    const both = AbortSignal.any([signal, patient.signal])
    const response = await respond(url, both)
    // If the server states a size that is too large, refuse it before reading.
    checkSize(Number(response.headers['content-length'] ?? 0))
    const bytes = await readStream(response, shown, { signal: both, progress })
    const { 'content-encoding': coding, 'content-length': length } = response.headers
    if (length !== undefined && Number(length) !== bytes.length) {
      throw new Error(`it ended after ${bytes.length} of ${length} bytes`)
    }
    if (coding !== undefined && !/^(identity|gzip|x-gzip)$/i.test(coding)) {
      throw new Error(`the server sends it as ${coding}`)
    }
    return bytes
  } catch (cause) {
    if (signal.aborted || cause instanceof DatasetError) throw cause
    const why = patient.signal.aborted
      ? `the server was silent for ${patience / 1000} s`
      : reasonOf(cause)
    const hint = 'get the file by other means and give --data FILE'
    throw new DatasetError(`cannot fetch ${shown}: ${why}; ${hint}`, { cause })
  } finally {
    clearTimeout(timer)
  }
}

/** The server's response, after following redirects. */
async function respond(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  let at = new URL(url)
  for (let i = 0; i <= MAX_REDIRECTS; i++) {
    const response = await get(at, signal)
    const { statusCode = 0, statusMessage = '', headers } = response
    if (statusCode >= 200 && statusCode < 300) return response
    response.destroy()
    if (statusCode < 300 || statusCode >= 400 || headers.location === undefined) {
      throw new Error(`the server answered ${statusCode} ${statusMessage}`.trim())
    }
    const to = new URL(headers.location, at)
    if (!isUrl(to.href)) throw new Error(`it redirects to ${to.protocol}`)
    at = to
  }
  throw new Error(`it redirects more than ${MAX_REDIRECTS} times`)
}

async function get(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const { request } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'))
  const headers = { 'accept-encoding': 'identity', 'user-agent': 'microgpt-wasm' }
  return new Promise((resolve, reject) => {
    request(url, { signal, headers, agent: false }, resolve).on('error', reject).end()
  })
}

/** The reason of a network error. An AggregateError lists one error per address tried. */
function reasonOf(error: unknown): string {
  const { message, errors, code } = error as Error & { errors?: Error[]; code?: string }
  return message || errors?.[0]?.message || code || 'the network cannot be reached'
}

/** Shows on stderr how much has been read: only on a terminal, and after the first MiB. */
export function showProgress(data: string): ((bytes: number) => void) & { end?: () => void } {
  const { stderr } = process
  if (!stderr.isTTY) return () => {}
  let [shown, drawn] = [0, false]
  const show = (bytes: number) => {
    const now = performance.now()
    if (bytes < 2 ** 20 || now - shown < 200) return
    ;[shown, drawn] = [now, true]
    stderr.write(`\r\x1b[Kreading ${data}: ${formatBytes(bytes)}`)
  }
  return Object.assign(show, { end: () => drawn && stderr.write('\r\x1b[K') })
}
