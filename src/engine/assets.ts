/**
 * Addresses of the files beside the built module: the cores and the scripts of workers. Each is
 * computed when it is first needed, and each is a literal that bundlers recognise and bring along.
 */

/** True in what the build makes; in src/ nothing of this name exists. */
declare const BUILT: true
/** core.wasm in base64, in bundles that have it inside; elsewhere nothing of this name exists. */
declare const INLINE_CORE: string

const built = typeof BUILT !== 'undefined'

/** The core inside this file, in base64; null where it is a file of its own. */
export const inlineCore = typeof INLINE_CORE === 'string' ? INLINE_CORE : null

/** Which build of the core: with fused multiply-add, for several threads, or both. */
export interface CoreBuild {
  fast?: boolean
  threads?: boolean
}

/** The address of a core beside this module. */
export function coreUrl({ fast = false, threads = false }: CoreBuild = {}): URL {
  if (fast && threads) {
    return built
      ? new URL('./core.fast.threads.wasm', import.meta.url)
      : new URL('../../build/core.fast.threads.wasm', import.meta.url)
  }
  if (fast) {
    return built
      ? new URL('./core.fast.wasm', import.meta.url)
      : new URL('../../build/core.fast.wasm', import.meta.url)
  }
  if (threads) {
    return built
      ? new URL('./core.threads.wasm', import.meta.url)
      : new URL('../../build/core.threads.wasm', import.meta.url)
  }
  return built
    ? new URL('./core.wasm', import.meta.url)
    : new URL('../../build/core.wasm', import.meta.url)
}

/** The address of the script that each thread runs. */
export const threadUrl = (): URL =>
  built
    ? new URL('./thread.js', import.meta.url)
    : new URL('../../build/thread.js', import.meta.url)

/** The address of the script of createWorkerModel's worker. */
export const workerUrl = (): URL =>
  built
    ? new URL('./worker.js', import.meta.url)
    : new URL('../../build/worker.js', import.meta.url)
