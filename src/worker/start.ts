/** createWorkerModel and loadWorkerModel of create.ts, once worker.js is there. */
import { MicroGPTError } from '../errors.js'
import type { CreateOptions, LoadOptions } from '../gpt/microgpt.js'
import { Line } from './line.js'
import type { Made } from './messages.js'
import { WorkerModel } from './model.js'
import { spawn } from './spawn.js'

/** What ends the making of a model. */
export interface Abortable {
  signal?: AbortSignal
}

export function createModel(options: CreateOptions & Abortable): Promise<WorkerModel> {
  return start(options, (line, rest) => line.call('create', rest))
}

export function loadModel(
  bytes: Uint8Array,
  options: LoadOptions & Abortable = {},
): Promise<WorkerModel> {
  return start(options, (line, rest) => {
    const file = { bytes: ownMemory(bytes), options: rest }
    return line.call('load', file, undefined, [file.bytes.buffer])
  })
}

/**
 * A worker, and a model in it.
 * @param make is given the options without the signal, and the core as a message can carry it
 */
async function start<O extends LoadOptions>(
  options: O & Abortable,
  make: (line: Line, rest: O) => Promise<Made>,
): Promise<WorkerModel> {
  const { signal, core, ...rest } = options
  signal?.throwIfAborted()
  if (typeof Worker === 'undefined') {
    throw new MicroGPTError('there are no web workers here; use MicroGPT.create or load')
  }
  const line = new Line(spawn())
  let giveUp!: () => void
  const aborted = new Promise<never>((_, reject) => (giveUp = () => reject(signal!.reason)))
  signal?.addEventListener('abort', giveUp)
  const makeIt = async () => {
    const source = core === undefined ? {} : { core: await portable(core) }
    const docs = Array.isArray(rest.docs) ? rest.docs : []
    return new WorkerModel(line, await make(line, { ...rest, ...source } as O), docs)
  }
  try {
    return await Promise.race([makeIt(), aborted])
  } catch (error) {
    line.hangUp(error as Error)
    throw error
  } finally {
    signal?.removeEventListener('abort', giveUp)
  }
}

/** A file that is all of its memory, so that moving that takes nothing else along. */
function ownMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes
  const whole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
  return (whole ? bytes : bytes.slice()) as Uint8Array<ArrayBuffer>
}

/** A core's source as a message can carry it: addresses are the page's own. */
async function portable(given: NonNullable<CreateOptions['core']>) {
  const source = await given
  if (source instanceof Response) return source.arrayBuffer()
  if (typeof source === 'string' || source instanceof URL) {
    return URL.canParse(source, document.baseURI)
      ? new URL(source, document.baseURI).href
      : String(source)
  }
  return source
}
