/**
 * Where a bundle looks for the core, by the form of the bundle and by where it runs. The real bundlers
 * are in test/toolchains.
 */
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { type Format, build } from 'esbuild'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The program of a bundle. @param url what stands for import.meta.url; nothing: esbuild's {}.url */
async function bundled(format: Format, url?: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: `export { coreUrl } from './build/index.js'`, resolveDir: root },
    ...{ bundle: true, write: false, format, globalName: 'bundle', logLevel: 'silent' },
    ...(url && { define: { 'import.meta.url': JSON.stringify(url) } }),
  })
  return outputFiles[0]!.text
}

const iife = await bundled('iife')
const cjs = await bundled('cjs')
const moved = await bundled('iife', 'http://host/node_modules/.vite/deps/microgpt-wasm.js')
const noOrigin = await bundled('iife', 'turbopack:')

/** As Turbopack's: an address without the origin. */
class RelativeURL extends URL {
  constructor(path: string, base?: string | URL) {
    super(path, base === 'turbopack:' ? 'http://nowhere/_next/' : base)
  }
  override get href() {
    return super.href.replace('http://nowhere', '')
  }
}

const nodeProcess = {
  getBuiltinModule: (name: string) => (name === 'node:url' ? { pathToFileURL } : undefined),
}
const page = { document: { baseURI: 'https://host/shop/index.html' } }
const worker = { location: { href: 'https://host/scripts/worker.js' } }

/** What coreUrl() says, or throws, in a bundle that runs with some globals. */
function coreUrlIn(program: string, globals: object): string {
  const module = { exports: {} }
  const context = createContext({ URL, module, exports: module.exports, ...globals })
  runInContext(program, context)
  const exported = 'globalThis.bundle ?? module.exports'
  const { coreUrl } = runInContext(exported, context) as { coreUrl: () => URL }
  return coreUrl().href
}

describe('the core of a bundle', () => {
  test.each<[string, string, object, string]>([
    [
      'for CommonJS in Node is beside its file',
      cjs,
      { __filename: '/app/dist/main.cjs', process: nodeProcess },
      'file:///app/dist/core.wasm',
    ],
    ['for a script is beside the page', iife, page, 'https://host/shop/core.wasm'],
    [
      'for a script, with the __filename that webpack invents, is beside the page',
      cjs,
      { __filename: '/index.js', ...page },
      'https://host/shop/core.wasm',
    ],
    [
      'that gets no origin is on that of the page',
      noOrigin,
      { URL: RelativeURL, ...page },
      'https://host/_next/core.wasm',
    ],
    [
      'that gets no origin in a worker is on that of the worker',
      noOrigin,
      { URL: RelativeURL, ...worker },
      'https://host/_next/core.wasm',
    ],
    [
      'that Vite has moved is where it was',
      moved,
      page,
      'http://host/node_modules/microgpt-wasm/build/core.wasm',
    ],
  ])('%s', (_name, program, globals, want) => {
    expect(coreUrlIn(program, globals)).toBe(want)
  })

  test.each([
    ['a script outside of a page', iife, worker],
    ['CommonJS whose file has no name', cjs, { process: nodeProcess }],
  ])('is not found in %s, and the error says what to give', (_name, program, globals) => {
    const call = () => coreUrlIn(program, globals)
    expect(call).toThrow(/^this bundle does not know its address; give core, not core\.wasm$/)
  })
})
