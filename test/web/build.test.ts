/** The files in build/ for browsers, and their sizes. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import * as api from '../../src/index.js'
import { root } from './browser.js'

const read = (name: string) => readFileSync(join(root, 'build', name))
const KB = 1024

/**
 * Bundles a program that uses the package with esbuild. Returns the gzipped size of what it loads
 * first, and of everything.
 */
async function bundled(program: string) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: root },
    alias: { 'microgpt-wasm': join(root, 'build/index.js') },
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    outdir: 'out',
    write: false,
    metafile: true,
    // esbuild warns about imports without names, except in node_modules.
    logLevel: 'error',
  })
  const size = (path: string) => {
    const file = outputFiles.find((output) => output.path.endsWith(path.replace(/^.*\//, '/')))!
    return gzipSync(file.contents, { level: 9 }).length
  }
  const reach = (kinds: string[]) => {
    const seen = new Set(['out/stdin.js'])
    for (const path of seen) {
      for (const { path: to, kind } of metafile.outputs[path]!.imports) {
        if (kinds.includes(kind)) seen.add(to)
      }
    }
    return [...seen].reduce((sum, path) => sum + size(path), 0)
  }
  return {
    first: reach(['import-statement']),
    all: reach(['import-statement', 'dynamic-import']),
  }
}

// A visitor waits for these bytes. A change that exceeds a limit needs a good reason.
test('a program that imports MicroGPT stays small', async () => {
  const { first, all } = await bundled(
    "import { MicroGPT } from 'microgpt-wasm'; MicroGPT.create()",
  )
  expect(first, 'before the first step').toBeLessThanOrEqual(28 * KB)
  expect(all, 'everything').toBeLessThanOrEqual(33 * KB)
})

test('core.wasm is at most 14 KB, gzipped', () => {
  expect(gzipSync(read('core.wasm'), { level: 9 }).length).toBeLessThanOrEqual(14 * KB)
})

test('bundlers find every file: each URL is a literal, and workers load no other file', () => {
  const found = (name: string) =>
    Array.from(
      read(name)
        .toString()
        .matchAll(/new URL\("\.\/([^"]+)",\s*import\.meta\.url\)/g),
      ([, file]) => file!,
    ).sort()
  const chunks = readdirSync(join(root, 'build')).filter((name) => /^chunk-.*\.js$/.test(name))
  const all = ['core.fast.threads.wasm', 'core.fast.wasm', 'core.threads.wasm', 'core.wasm']
  all.push('thread.js', 'worker.js')
  expect(chunks.flatMap(found)).toEqual(all)
  expect(found('microgpt.js')).toEqual(all)
  for (const name of ['worker.js', 'thread.js', 'microgpt.inline.js']) {
    expect(found(name), name).toEqual([])
  }
  for (const name of ['worker.js', 'thread.js']) {
    expect(read(name).toString(), name).not.toMatch(
      /import\.meta|\bimport\s*[({"']|new Worker\(new/,
    )
  }
  for (const name of ['index.js', 'microgpt.js', 'worker.js', 'thread.js', ...chunks]) {
    expect(read(name).toString(), name).not.toMatch(/from\s*"node:|import\("node:/)
  }
})

test('the built package and the files for pages export the same names as the sources', () => {
  const names = (file: string) => {
    const url = JSON.stringify(pathToFileURL(join(root, 'build', file)).href)
    const program = `console.log(JSON.stringify(Object.keys(await import(${url}))))`
    const flags = ['--input-type=module', '-e', program]
    return JSON.parse(execFileSync(process.execPath, flags, { encoding: 'utf8' })) as string[]
  }
  const all = Object.keys(api).sort()
  for (const file of ['index.js', 'microgpt.js', 'microgpt.inline.js']) {
    expect(names(file).sort(), file).toEqual(all)
  }
})

/** What a program of a user prints after it has been bundled and minified without keeping names. */
async function printedMinified(program: string) {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: root },
    alias: {
      'microgpt-wasm/reference': join(root, 'build/reference.js'),
      'microgpt-wasm': join(root, 'build/index.js'),
    },
    ...{ bundle: true, minify: true, format: 'esm', write: false, logLevel: 'error' },
  })
  const flags = ['--input-type=module', '-e', outputFiles[0]!.text]
  return execFileSync(process.execPath, flags, { encoding: 'utf8' }).trim()
}

test('errors keep their names when a program is minified', async () => {
  const printed = await printedMinified(`import { MicroGPT } from 'microgpt-wasm'
    MicroGPT.create({ docs: [] }).catch((e) =>
      console.log(e.name, e.constructor.name, e.stack.split(':')[0], Object.keys(e)))`)
  expect(printed).toBe('DatasetError DatasetError DatasetError []')
})

test('classes keep their names when a program is minified', async () => {
  const printed = await printedMinified(`import * as api from 'microgpt-wasm'
    import * as reference from 'microgpt-wasm/reference'
    const isClass = (x) => typeof x === 'function' && /^class/.test(x.toString())
    const classes = Object.entries({ ...api, ...reference }).filter(([, x]) => isClass(x))
    console.log(JSON.stringify(classes.map(([key, { name }]) => [key, name])))`)
  const classes = JSON.parse(printed) as [string, string][]
  expect(classes.length).toBeGreaterThan(18)
  expect(classes.filter(([exported, name]) => name !== exported)).toEqual([])
})

test('an uncaught error prints a few lines of readable code', () => {
  const program = `import { MicroGPT } from ${JSON.stringify(join(root, 'build/index.js'))}
    await MicroGPT.create({ docs: ['anna'], config: { n_embd: -1 } })`
  const flags = ['--input-type=module', '-e', program]
  const { stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8' })
  expect(stderr).toMatch(/ConfigError: n_embd/)
  expect(stderr.length).toBeLessThan(3000)
})

test('microgpt.html and microgpt.inline.js load no other file', () => {
  const html = read('microgpt.html').toString()
  const tags = html.replace(/<script>[^]*<\/script>/, '').replace(/<style>[^]*<\/style>/, '')
  expect(
    [...tags.matchAll(/(?:src|href)="([^"#]*)"/g)].map(([, url]) => url!.slice(0, 22)),
  ).toEqual(['data:image/svg+xml;bas', 'https://karpathy.ai/mi'])
  expect(html.match(/<script/g)).toHaveLength(1)
  for (const file of ['microgpt.html', 'microgpt.inline.js']) {
    expect(read(file).toString()).not.toMatch(/import\s*\(\s*["']\.|from\s*["']\./)
  }
})

/** The files that npm would pack. */
function packed() {
  const flags = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const listed = execFileSync('npm', flags, { cwd: root, encoding: 'utf8', stdio: 'pipe' })
  return JSON.parse(listed)[0] as { files: { path: string }[] }
}

test('the package contains what its entry points and commands need, and no development files', () => {
  const paths = packed().files.map(({ path }) => path)
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | Record<string, string>>
  }
  const named = Object.values(exports).flatMap((to) =>
    typeof to === 'string' ? to : Object.values(to),
  )
  const commands = ['cli.js', 'measure.js', 'peak.wasm', 'web.js']
  const page = ['index.html', 'boot.js', 'page.js', 'page-worker.js', 'page.css', 'icon.svg']
  page.push('microgpt_torch.py')
  const types = [
    'core.d.ts',
    'core.threads.d.ts',
    'types/worker/worker-model.d.ts',
    'types/platform.d.ts',
  ]
  const built = [...commands, ...page, ...types, 'microgpt.js', 'microgpt.html']
  const wanted = [...named.map((path) => path.slice(2)), ...built.map((name) => `build/${name}`)]
  expect(wanted.filter((path) => !paths.includes(path))).toEqual([])
  // Development code, and files that only the tests and the compiler use.
  expect(paths.filter((path) => /^(src|test|scripts|assembly)\/|debug|\.wat$/.test(path))).toEqual(
    [],
  )
})

test('a program that uses the package compiles with its type declarations', () => {
  const folder = mkdtempSync(join(tmpdir(), 'types-'))
  try {
    const from = join(root, 'build/types/index.js')
    writeFileSync(
      join(folder, 'program.mts'),
      `import { type Core, MicroGPT, createWorkerModel, loadCore, loadWorkerModel } from ${JSON.stringify(from)}
      const gpt = await MicroGPT.create({ docs: ['ab'], preset: 'gist', config: { n_embd: 8 } })
      for (const { loss } of gpt.train({ steps: 1 })) loss.toFixed(2)
      const names: string[] = gpt.sample({ count: 2 })
      const model = await createWorkerModel({ docs: names })
      const { status } = await model.train({ signal: AbortSignal.timeout(1) }).result
      const file: Uint8Array = await model.save({ optimizer: true })
      const again = await loadWorkerModel(file, { docs: names, signal: AbortSignal.timeout(1) })
      for await (const { valLoss } of again.train({ evalEvery: 5 })) valLoss?.toFixed(2)
      const how: 'completed' | 'aborted' | 'failed' = status
      const core: Core = await loadCore()
      const x: number = core.exp(1)
      // @ts-expect-error: there is no such export of the core
      core.nothing
      // @ts-expect-error: docs is missing
      MicroGPT.create({})
      export { how, x }`,
    )
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023']
    const lib = ['--lib', 'es2023,dom', '--ignoreConfig']
    execFileSync(process.execPath, [tsc, ...flags, ...lib, join(folder, 'program.mts')], {
      encoding: 'utf8',
    })
  } catch (error) {
    throw new Error((error as { stdout?: string }).stdout ?? String(error), { cause: error })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
