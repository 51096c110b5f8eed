import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { CoreError, type CoreSource, MicroGPT, coreUrl, loadCore } from '../src/index.js'
import { releaseBytes } from './helpers/cores.js'

const bytes = Uint8Array.from(releaseBytes)
const folder = mkdtempSync(join(tmpdir(), 'core-'))
let files = 0
/** A separate file, so that no other test has loaded it. */
const file = (content: Uint8Array | null, name = 'core.wasm') => {
  const path = join(folder, `${++files} ${name}`)
  if (content) writeFileSync(path, content)
  return path
}

/** (module) */
const EMPTY = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0])
const ascii = (text: string) => [...Buffer.from(text)]
/** Of the ABI, in src/engine/core.ts and assembly/index.ts. */
const VERSION = 3

/** (module (global (export "VERSION") i32 (i32.const version))) */
const versioned = (version: number) => {
  const global = [6, 6, 1, 0x7f, 0, 0x41, version, 0x0b]
  return Uint8Array.from([...EMPTY, ...global, 7, 11, 1, 7, ...ascii('VERSION'), 3, 0])
}
const needs = (got: string) =>
  new RegExp(`needs a core of version ${VERSION}, got ${got}; take core`)
/** (module (import "env" "f" (func))) */
const FUNC = [1, 4, 1, 0x60, 0, 0]
const IMPORTING = Uint8Array.from([...EMPTY, ...FUNC, 2, 9, 1, 3, ...ascii('env\x01f'), 0, 0])

let server: Server
let origin: string
let closed: string
const listen = async (on: Server) => {
  await new Promise<void>((resolve) => on.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(on.address() as AddressInfo).port}`
}
const requests: string[] = []
beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    requests.push(url)
    const type = new URL(url, origin).searchParams.get('type')
    if (type) response.setHeader('content-type', type)
    response.statusCode = url.startsWith('/missing') ? 404 : 200
    response.end(url.startsWith('/core') ? bytes : '<!doctype html>')
  })
  origin = await listen(server)
  const other = createServer()
  closed = await listen(other)
  await new Promise((resolve) => other.close(resolve))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})
afterEach(() => {
  vi.restoreAllMocks()
})

const wasm = { headers: { 'content-type': 'application/wasm' } }
const served = (type: string) => `${origin}/core?type=${encodeURIComponent(type)}&${++files}`

describe('a core comes from', () => {
  const sources: [string, () => unknown][] = [
    ['the module beside the host', () => undefined],
    ['a Uint8Array', () => bytes],
    ['a part of a buffer', () => Buffer.concat([EMPTY, bytes]).subarray(EMPTY.length)],
    ['an ArrayBuffer', () => bytes.slice().buffer],
    ['a Module', () => WebAssembly.compile(bytes)],
    ['a Response that names its type', () => new Response(bytes, wasm)],
    ['a Response that does not', () => new Response(bytes)],
    ['a Response yet to come', () => fetch(served('application/wasm'))],
    ['a file: URL', () => pathToFileURL(file(bytes))],
    ['the text of a file: URL', () => pathToFileURL(file(bytes)).href],
    ['a path', () => file(bytes)],
    ['a path in another script', () => file(bytes, 'ядро.wasm')],
    ['a path with # and spaces', () => file(bytes, 'a #1 core?.wasm')],
    ['a relative path with #', () => relative(process.cwd(), file(bytes, '#2.wasm'))],
    ['an http: URL', () => new URL(served('application/wasm'))],
    ['the text of an http: URL', () => served('application/wasm')],
  ]

  test.each(sources)('%s', async (_, source) => {
    const core = await loadCore(source() as CoreSource)
    expect(core.VERSION.value).toBe(VERSION)
    expect(core.exp(1)).toBe(Math.E)
  })

  test('coreUrl() is a file of the build', () => {
    expect(fileURLToPath(coreUrl())).toMatch(/build.core\.wasm$/)
  })
})

describe('a server', () => {
  test.each([
    ['application/wasm', true],
    ['application/wasm; charset=utf-8', null],
    ['application/octet-stream', false],
    ['text/plain', false],
    ['', false],
  ])('may say the type is %j', async (type, streaming) => {
    const spy = vi.spyOn(WebAssembly, 'compileStreaming')
    expect((await loadCore(served(type))).VERSION.value).toBe(VERSION)
    if (streaming !== null) expect(spy).toHaveBeenCalledTimes(streaming ? 1 : 0)
  })

  test('that answers 404 is quoted, and fetched again the next time', async () => {
    const url = `${origin}/missing.wasm`
    const message = `the core is not at ${url}: the server answered 404 Not Found`
    for (const count of [1, 2]) {
      await expect(loadCore(url)).rejects.toThrow(new CoreError(message))
      expect(requests.filter((path) => path === '/missing.wasm').length).toBe(count)
    }
  })

  test('is fetched once for several cores', async () => {
    const url = served('application/wasm')
    await Promise.all([loadCore(url), loadCore(new URL(url))])
    await loadCore(url)
    expect(requests.filter((path) => path === url.slice(origin.length)).length).toBe(1)
  })
})

describe('a CoreError says what is wrong', () => {
  const cases: [string, () => unknown, RegExp][] = [
    ['no bytes', () => new Uint8Array(), /the bytes given: not a whole WebAssembly module \(/],
    ['bytes of something else', () => Buffer.from('hello'), /not a whole WebAssembly module \(/],
    ['half a module', () => bytes.subarray(0, bytes.length / 2), /not a whole WebAssembly module/],
    ['all but a byte', () => bytes.slice(0, -1).buffer, /the bytes given: not a whole/],
    ['a Response of half a module', () => new Response(bytes.slice(0, 999), wasm), /not a whole/],
    ['a Response of text', () => new Response('hello'), /not a whole WebAssembly module/],
    ['half a file', () => file(bytes.slice(0, 5000)), /core\.wasm: not a whole WebAssembly module/],
    [
      'a path of another system',
      () => 'C:\\none\\core.wasm',
      /read from .*C:.*core\.wasm: there is no/,
    ],
    [
      'no file',
      () => file(null),
      /cannot be read from .*core\.wasm: there is no such file; copy it there, or/,
    ],
    ['a folder', () => pathToFileURL(folder), /the core cannot be read from .*EISDIR/],
    ['no URL', () => 'http://', /the core's address is not a URL: http:\/\/$/],
    [
      'a page',
      () => `${origin}/page?type=text/html`,
      /is not at .*page.*: the server answered with HTML; serve core\.wasm/,
    ],
    ['a page as wasm', () => `${origin}/page?type=application/wasm`, /not a whole WebAssembly/],
    ['no server', () => `${closed}/a.wasm`, /could not be fetched from http.*a\.wasm: /],
    ['no such protocol', () => 'gopher://a/core.wasm', /could not be fetched from gopher:/],
    ['another module', () => EMPTY, needs('another module')],
    ['an older core', () => versioned(VERSION - 1), needs(`${VERSION - 1}`)],
    ['a newer core', () => versioned(VERSION + 1), needs(`${VERSION + 1}`)],
    ['a module with imports', () => IMPORTING, /the core could not be started: .*env/],
    ['a number', () => 42, /not a whole WebAssembly module/],
    ['null', () => null, /not a whole WebAssembly module/],
  ]

  test.each(cases)('%s', async (_, source, message) => {
    const loading = loadCore(source() as CoreSource)
    await expect(loading).rejects.toBeInstanceOf(CoreError)
    await expect(loading).rejects.toThrow(message)
  })

  test('and keeps the cause', async () => {
    await expect(loadCore(EMPTY.subarray(1))).rejects.toMatchObject({
      cause: expect.any(WebAssembly.CompileError),
    })
    await expect(loadCore(file(null))).rejects.toMatchObject({ cause: { code: 'ENOENT' } })
  })

  test('in a model too', async () => {
    await expect(MicroGPT.create({ docs: ['ab'], core: EMPTY })).rejects.toBeInstanceOf(CoreError)
  })

  test('on a big-endian processor: that it needs another', async () => {
    const { of } = Uint16Array
    vi.spyOn(Uint16Array, 'of').mockImplementation((...n) => of.call(Uint16Array, n[0]! << 8))
    await expect(loadCore()).rejects.toThrow(/big-endian; .* little-endian/)
  })

  test('without memory for another model: that too many are alive', async () => {
    const cause = new RangeError('WebAssembly.Instance(): Out of memory: Cannot allocate memory')
    vi.spyOn(WebAssembly, 'Instance').mockImplementation(function () {
      throw cause
    } as never)
    await expect(loadCore()).rejects.toThrow(/too many are alive.*; free\(\) those/)
  })

  test('without the permission to read, in Deno: which flag gives it', async () => {
    const promises = process.getBuiltinModule('node:fs/promises')
    const denied = Object.assign(new Error('Requires read access'), { name: 'NotCapable' })
    vi.spyOn(promises, 'readFile').mockRejectedValue(denied)
    await expect(loadCore(file(bytes))).rejects.toThrow(/--allow-read/)
  })

  test('without SIMD: that the engine lacks it', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false)
    await expect(loadCore(EMPTY.subarray(1))).rejects.toThrow(
      /no WebAssembly SIMD, .*microgpt-wasm\/reference/,
    )
  })

  test('without WebAssembly: that there is none', async () => {
    vi.stubGlobal('WebAssembly', undefined)
    const loading = loadCore(bytes)
    vi.unstubAllGlobals()
    await expect(loading).rejects.toThrow(/no WebAssembly, .*microgpt-wasm\/reference/)
  })
})

describe('instances', () => {
  test('of several models share one compilation and no memory', async () => {
    const core = file(bytes)
    const spy = vi.spyOn(WebAssembly, 'compile')
    const create = () => MicroGPT.create({ docs: ['ab'], core })
    const models = [...(await Promise.all([create(), create()])), await create()]
    expect(spy).toHaveBeenCalledTimes(1)
    expect(new Set(models.map(({ params }) => params.buffer)).size).toBe(3)
  })

  test('of a Module need no compilation', async () => {
    const module = await WebAssembly.compile(bytes)
    const spy = vi.spyOn(WebAssembly, 'compile')
    const [a, b] = await Promise.all([loadCore(module), loadCore(module)])
    expect(spy).not.toHaveBeenCalled()
    expect(a.memory).not.toBe(b.memory)
  })

  test('can be loaded when a missing file has appeared', async () => {
    const path = file(null)
    await expect(loadCore(path)).rejects.toThrow(CoreError)
    writeFileSync(path, bytes)
    expect((await loadCore(path)).VERSION.value).toBe(VERSION)
  })
})
