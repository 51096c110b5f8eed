/** createWorkerModel and loadWorkerModel, loaded when they are first called. */
import { checkOptions } from '../config/checks.js'
import { MicroGPTError } from '../errors.js'
import type { CreateOptions, LoadOptions } from '../gpt/microgpt.js'
import type { Created, ModelApi } from './model-api.js'
import { RpcClient } from './rpc.js'
import { spawn } from './spawn.js'
import { WorkerModel, checkSignal } from './worker-model.js'

/** Aborts the creation of a model. */
export interface Abortable {
  /** Ends the attempt: the promise rejects with the signal's reason. */
  signal?: AbortSignal
}

export function createModel(options: CreateOptions & Abortable): Promise<WorkerModel> {
  return start('create', options, (rpc, rest) => rpc.call('create', rest))
}

export function loadModel(
  bytes: Uint8Array | ArrayBuffer,
  options: LoadOptions & Abortable = {},
): Promise<WorkerModel> {
  return start('load', options, (rpc, rest) => {
    const [file, transfer] = ownMemory(bytes)
    return rpc.call('load', { bytes: file, options: rest }, { transfer })
  })
}

/**
 * A worker, and a model in it.
 * @param make is given the options without the signal, and the core as a message can carry it
 */
async function start<O extends LoadOptions>(
  call: string,
  options: O & Abortable,
  make: (rpc: RpcClient<ModelApi>, rest: O) => Promise<Created>,
): Promise<WorkerModel> {
  if (typeof options !== 'object' || options === null) checkOptions(call, options, [])
  const { signal, core, ...rest } = options
  if (signal !== undefined) checkSignal(signal)
  if (signal?.aborted) throw signal.reason
  if (typeof Worker === 'undefined') {
    throw new MicroGPTError('there are no web workers here; use MicroGPT.create or load')
  }
  let giveUp!: (reason: unknown) => void
  const givenUp = new Promise<never>((_, reject) => (giveUp = reject))
  // A worker can fail before the core has arrived, when no call waits for it yet.
  const rpc = new RpcClient<ModelApi>(spawn(), giveUp)
  const abort = () => giveUp(signal!.reason)
  signal?.addEventListener('abort', abort)
  const makeIt = async () => {
    const source = core === undefined ? {} : { core: await portable(core) }
    const docs = Array.isArray(rest.docs) ? rest.docs : []
    return new WorkerModel(rpc, await make(rpc, { ...rest, ...source } as O), docs)
  }
  try {
    return await Promise.race([makeIt(), givenUp])
  } catch (error) {
    rpc.close(error as Error)
    throw error
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

/**
 * A file, and what of it is moved: memory that holds nothing else. Bytes in the middle of larger
 * memory are copied. Anything that is no file is left for the worker to refuse.
 */
function ownMemory(bytes: Uint8Array | ArrayBuffer): [file: unknown, transfer: ArrayBuffer[]] {
  if (bytes instanceof ArrayBuffer) return isDetached(bytes) ? [bytes, []] : [bytes, [bytes]]
  if (!(bytes instanceof Uint8Array)) return [bytes, []]
  const { buffer, byteLength } = bytes
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== byteLength) {
    const copy = bytes.slice()
    return [copy, [copy.buffer]]
  }
  return isDetached(buffer) ? [new Uint8Array(0), []] : [bytes, [buffer]]
}

function isDetached(buffer: ArrayBuffer): boolean {
  try {
    return new Uint8Array(buffer).length < 0
  } catch {
    return true
  }
}

/** A core's source as a message can carry it: relative addresses are the page's own. */
async function portable(given: NonNullable<CreateOptions['core']>) {
  const source = await given
  if (source instanceof Response) return source.arrayBuffer()
  if (typeof source === 'string' || source instanceof URL) {
    const base = globalThis.document?.baseURI ?? globalThis.location?.href
    return URL.canParse(source, base) ? new URL(source, base).href : String(source)
  }
  return source
}
