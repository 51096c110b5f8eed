/**
 * Addresses of the files next to the built module: the cores and the worker scripts. Each is
 * computed when it is first needed, and each is a literal that bundlers recognize and copy.
 */

/** True in built files; not defined in src/. */
declare const BUILT: true
/** core.wasm in base64 in bundles that contain it; not defined elsewhere. */
declare const INLINE_CORE: string

const built = typeof BUILT !== 'undefined'

/** The core inside this file, in base64; null if it is a separate file. */
export const inlineCore = typeof INLINE_CORE === 'string' ? INLINE_CORE : null

/** A build of the core: with fused multiply-add, for several threads, or both. */
export interface CoreBuild {
  fast?: boolean
  threads?: boolean
}

/** The address of a core file next to this module. @param build core.wasm unless given */
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

/** The address of the worker script of createWorkerModel. */
export const workerUrl = (): URL =>
  built
    ? new URL('./worker.js', import.meta.url)
    : new URL('../../build/worker.js', import.meta.url)
