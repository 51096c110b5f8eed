/**
 * Addresses of the files beside the built module: the cores and the scripts of workers. Each is
 * computed when it is first needed, and each is a literal that bundlers recognize and copy. A worker
 * is told the addresses by the page that starts it.
 */
import { CoreError } from '../errors.js'

/** True in built files; not defined in src/. */
declare const BUILT: true
/** True in scripts of workers and in bundles with the core inside: no file is beside those. */
declare const ALONE: true
/** core.wasm in base64, in bundles that have it inside; elsewhere nothing of this name exists. */
declare const INLINE_CORE: string

/** Which build of the core: with fused multiply-add, for several threads, or both. */
export interface CoreBuild {
  /** With fused multiply-add: it needs an engine with relaxed SIMD. */
  fast?: boolean
  /** For several threads: it needs shared memory. */
  threads?: boolean
}

type File =
  | 'core.wasm'
  | 'core.fast.wasm'
  | 'core.threads.wasm'
  | 'core.fast.threads.wasm'
  | 'thread.js'
  | 'worker.js'

/**
 * Bundlers look for exactly this: a literal and import.meta.url in one expression. The conditions are
 * in full, because only then does the build leave one side of each.
 */
const BESIDE: Readonly<Record<File, () => URL>> | null =
  typeof ALONE === 'undefined'
    ? {
        'core.wasm': () =>
          typeof BUILT === 'undefined'
            ? new URL('../../build/core.wasm', import.meta.url)
            : new URL('./core.wasm', import.meta.url),
        'core.fast.wasm': () =>
          typeof BUILT === 'undefined'
            ? new URL('../../build/core.fast.wasm', import.meta.url)
            : new URL('./core.fast.wasm', import.meta.url),
        'core.threads.wasm': () =>
          typeof BUILT === 'undefined'
            ? new URL('../../build/core.threads.wasm', import.meta.url)
            : new URL('./core.threads.wasm', import.meta.url),
        'core.fast.threads.wasm': () =>
          typeof BUILT === 'undefined'
            ? new URL('../../build/core.fast.threads.wasm', import.meta.url)
            : new URL('./core.fast.threads.wasm', import.meta.url),
        'thread.js': () =>
          typeof BUILT === 'undefined'
            ? new URL('../../build/thread.js', import.meta.url)
            : new URL('./thread.js', import.meta.url),
        'worker.js': () =>
          typeof BUILT === 'undefined'
            ? new URL('../../build/worker.js', import.meta.url)
            : new URL('./worker.js', import.meta.url),
      }
    : null

/** What a worker is told of its page's files, as a message can carry it. */
export interface Assets {
  /** Addresses by the names of the files; null where the core is inside the page's bundle. */
  readonly urls: Readonly<Record<string, string>> | null
  /** That core. */
  readonly core: Uint8Array | null
}

/** In a worker: what it was told. */
let told: Assets | null = null

/** Takes what the page has sent; called once, before anything is loaded. */
export function useAssets(given: Assets): void {
  told = given
}

/** What this page, or this worker, has to tell a worker that it starts. */
export function assets(): Assets {
  if (told) return told
  if (!BESIDE) return { urls: null, core: inlineCore() }
  const names = Object.keys(BESIDE) as File[]
  return { urls: Object.fromEntries(names.map((name) => [name, fileUrl(name).href])), core: null }
}

/** Whether the cores are files beside this module: only then can there be threads, or a fast core. */
export const hasFiles = (): boolean => (told ? told.urls !== null : BESIDE !== null)

/** The core inside this bundle, or the one that the page has sent; null where it is a file. */
export function inlineCore(): Uint8Array | null {
  if (told?.core) return told.core
  if (typeof INLINE_CORE !== 'string') return null
  return Uint8Array.from(atob(INLINE_CORE), (char) => char.charCodeAt(0))
}

/**
 * The address of a core beside this module.
 * @throws {CoreError} in a bundle that has the core inside, or that cannot tell where it is
 */
export function coreUrl({ fast = false, threads = false }: CoreBuild = {}): URL {
  return fileUrl(`core${fast ? '.fast' : ''}${threads ? '.threads' : ''}.wasm`)
}

/** The address of the script that each thread runs. */
export const threadUrl = (): URL => fileUrl('thread.js')

/** The address of the script of createWorkerModel's worker. */
export const workerUrl = (): URL => fileUrl('worker.js')

/** While developing, Vite up to 7 moves modules of packages here, and leaves their files behind. */
const MOVED = '/node_modules/.vite/deps/'

function fileUrl(name: File): URL {
  const address = told?.urls?.[name]
  if (address !== undefined) return new URL(address)
  if (!BESIDE) {
    throw new CoreError(`${name} is not a file beside this bundle, which has the core inside`)
  }
  try {
    const { href } = BESIDE[name]()
    const page = globalThis.document?.baseURI ?? globalThis.location?.href
    // Turbopack gives an address without an origin.
    return new URL(href.replace(MOVED, '/node_modules/microgpt-wasm/build/'), page)
  } catch (cause) {
    // Bundles that are no ES modules have no import.meta.url: the files are beside the script.
    const script = typeof __filename === 'string' ? __filename : undefined
    if (script !== undefined && globalThis.process !== undefined) {
      return new URL(name, globalThis.process.getBuiltinModule('node:url').pathToFileURL(script))
    }
    const page = globalThis.document?.baseURI
    if (page !== undefined) return new URL(name, page)
    throw new CoreError(`this bundle does not know its address; give core, not ${name}`, { cause })
  }
}
