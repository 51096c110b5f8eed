/** From bytes to typed exports: the only file that touches WebAssembly. */
import { instantiate, instantiateSync } from '@assemblyscript/loader'
import type { instantiate as raw } from '../../build/core.js'
import type { instantiate as rawThreads } from '../../build/core.threads.js'
import { CoreError } from '../errors.js'
import { coreUrl, hasFiles, inlineCore } from './assets.js'

/** An instance of the core: the exports of assembly/index.ts, with the compiler's types. */
export type Core = Awaited<ReturnType<typeof raw>>

/** A compiled core, and the memory that the instances of several threads share. */
export type CoreModule = WebAssembly.Module
export type SharedMemory = WebAssembly.Memory

/** A core with the thread pool: the exports of assembly/threads.ts. */
export type ThreadsCore = Awaited<ReturnType<typeof rawThreads>>

/**
 * The source of a core: an address, bytes, a response or a module. In Node, paths and `file:` URLs
 * are read.
 */
export type CoreSource = string | URL | ArrayBuffer | Uint8Array | Response | WebAssembly.Module

/** The ABI version that this host needs: VERSION in assembly/index.ts. */
const VERSION = 3

/** (module (type (func (param v128)))): valid only if the engine has SIMD. */
const SIMD_PROBE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 1, 123, 0)

/**
 * (func (param v128 v128 v128) (result v128) ... f64x2.relaxed_madd): valid only with relaxed SIMD.
 */
const FMA_PROBE = Uint8Array.from([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1],
  ...[11, 0, 32, 0, 32, 1, 32, 2, 253, 135, 2, 11],
])

/** Compiled modules by address, so that many models share one compilation. */
const compiled = new Map<string, Promise<CoreModule>>()

/** Whether this JavaScript engine has relaxed SIMD, which the fast builds need. */
export const hasFusedMultiplyAdd = () =>
  typeof WebAssembly !== 'undefined' && WebAssembly.validate(FMA_PROBE)

/**
 * Loads a new instance of the core, with its own memory. An address is fetched and compiled once.
 * @param source core.wasm next to this module unless given
 * @throws {CoreError} if there is no WebAssembly or no SIMD, if the file is missing or is not
 *   WebAssembly, or if it is the core of another version
 */
export async function loadCore(source?: CoreSource): Promise<Core> {
  return startCore<Core>(await loadModule(source))
}

/** A compiled core that is not instantiated yet. @throws {CoreError} as loadCore does */
export async function loadModule(source?: CoreSource): Promise<CoreModule> {
  if (isBigEndian()) {
    throw new CoreError('this processor is big-endian; microgpt-wasm needs a little-endian one')
  }
  if (typeof WebAssembly === 'undefined') throw lacking('')
  const given = await source
  if (given !== undefined) return compile(given)
  if (hasFiles()) return compile(coreUrl())
  return (inlineModule ??= compileBytes(inlineCore()!, 'the core in this file'))
}

/** The core's numbers are little-endian; the host's views on them are as the processor is. */
const isBigEndian = () => new Uint8Array(Uint16Array.of(1).buffer)[0] === 0

/** The core inside this file. */
let inlineModule: Promise<CoreModule> | undefined

/**
 * Instantiates a compiled core.
 * @param memory shared by the instances of a build for several threads
 * @throws {CoreError} as loadCore does
 */
export async function startCore<C extends Core>(
  module: CoreModule,
  memory?: SharedMemory,
): Promise<C> {
  let core: C
  try {
    // The loader's own instantiate: it gives the debug core the abort that its asserts call.
    const imports = { env: { memory: memory! } }
    // The asynchronous form looks at `Response`, which makes Node load its fetch: 20 ms.
    const started = isNode() ? instantiateSync(module, imports) : await instantiate(module, imports)
    core = started.exports as unknown as C
  } catch (cause) {
    if (/memory/i.test(reason(cause))) {
      const message =
        'there is no memory for another model: too many are alive, or one is too large'
      throw new CoreError(`${message}; free() those that are no longer used`, { cause })
    }
    throw new CoreError(`the core could not be started: ${reason(cause)}`, { cause })
  }
  const { value = 'another module' } = core.VERSION ?? {}
  if (value !== VERSION) {
    const want = `this host needs a core of version ${VERSION}, got ${value}`
    throw new CoreError(`${want}; take core.wasm and the host from one build`)
  }
  return core
}

/** A memory that instances in several threads share. @param bytes of the plan that it must hold */
export function sharedMemory(bytes: number): SharedMemory {
  // Less than one page is needed before the arena, and less than one after it.
  const maximum = Math.min(65536, Math.ceil(bytes / 65536) + 2)
  try {
    return new WebAssembly.Memory({ initial: 1, maximum, shared: true })
  } catch (cause) {
    throw new CoreError(`not enough memory for threads: ${reason(cause)}`, { cause })
  }
}

async function compile(source: CoreSource): Promise<CoreModule> {
  if (source instanceof WebAssembly.Module) return source
  if (typeof source !== 'string' && !(source instanceof URL)) {
    return compileBytes(source, 'the bytes given')
  }
  const url = sourceUrl(source)
  let module = compiled.get(url.href)
  if (!module) {
    module = fetchModule(url)
    compiled.set(url.href, module)
    module.catch(() => compiled.delete(url.href))
  }
  return module
}

/** Two letters at least: C: is a drive. */
const SCHEME = /^[a-z][a-z\d+.-]+:/i

/**
 * A core's address as a URL: in Node a string without a scheme is a path, in browsers it is relative
 * to the page.
 * @throws {CoreError} when it is none
 */
export function sourceUrl(source: string | URL): URL {
  try {
    if (isNode() && typeof source === 'string' && !SCHEME.test(source)) {
      return globalThis.process.getBuiltinModule('node:url').pathToFileURL(source)
    }
    // A worker has no document, only its own address.
    return new URL(source, globalThis.document?.baseURI ?? globalThis.location?.href)
  } catch (cause) {
    throw new CoreError(`the core's address is not a URL: ${String(source)}`, { cause })
  }
}

async function fetchModule(url: URL): Promise<CoreModule> {
  if (url.protocol === 'file:' && isNode()) {
    const { readFile } = globalThis.process.getBuiltinModule('node:fs/promises')
    const path = globalThis.process.getBuiltinModule('node:url').fileURLToPath(url.href)
    const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
      throw new CoreError(`the core cannot be read from ${path}: ${unread(cause)}`, { cause })
    })
    return compileBytes(bytes, path)
  }
  const response = await fetch(url).catch((cause: unknown) => {
    const what = `the core could not be fetched from ${url.href}: ${reason(cause)}`
    throw new CoreError(what, { cause })
  })
  if (!response.ok) {
    const got = `${response.status} ${response.statusText}`.trim()
    throw new CoreError(`the core is not at ${url.href}: the server answered ${got}`)
  }
  return compileBytes(response, url.href)
}

/** Why a file could not be read, and what to do about it. */
function unread({ code, name, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such file; copy it there, or give core its address'
  // Deno's.
  if (name === 'NotCapable')
    return 'Deno has not been given the permission; run it with --allow-read'
  return message
}

/** What a server that knows no such file often sends instead of a status. */
const isHtml = (bytes: Uint8Array) =>
  /^\s*<(!doctype|html|\?xml)/i.test(new TextDecoder().decode(bytes.subarray(0, 100)))

/**
 * Compiles what a server sends while it loads where the server names the type, else after.
 * @param what it is, for the message
 */
async function compileBytes(
  source: ArrayBuffer | Uint8Array | Response,
  what: string,
): Promise<CoreModule> {
  let bytes: Uint8Array | null = null
  try {
    if ('arrayBuffer' in source) {
      // Streaming wants just this type, without parameters.
      const type = source.headers.get('content-type')?.trim().toLowerCase()
      if (type === 'application/wasm' && 'compileStreaming' in WebAssembly) {
        return await WebAssembly.compileStreaming(source)
      }
      bytes = new Uint8Array(await source.arrayBuffer())
    }
    return await WebAssembly.compile((bytes ?? source) as BufferSource)
  } catch (cause) {
    if (/content.security.policy/i.test(reason(cause))) {
      const message = "this page's Content-Security-Policy forbids WebAssembly; "
      throw new CoreError(`${message}add 'wasm-unsafe-eval' to its script-src`, { cause })
    }
    if (bytes && isHtml(bytes)) {
      const message = `the core is not at ${what}: the server answered with HTML`
      throw new CoreError(`${message}; serve core.wasm there, or give core its address`, { cause })
    }
    if (!WebAssembly.validate(SIMD_PROBE)) throw lacking(' SIMD', cause)
    const message = `${what}: not a whole WebAssembly module (${reason(cause)})`
    throw new CoreError(message, { cause })
  }
}

const lacking = (what: string, cause?: unknown) =>
  new CoreError(
    `this engine has no WebAssembly${what}, or it is turned off (as with the JIT); ` +
      'use the slower engines of microgpt-wasm/reference',
    { cause },
  )

/** Whether this runs in Node. */
export const isNode = () => globalThis.process?.versions?.node !== undefined

const reason = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))
