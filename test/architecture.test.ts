/** The house rules that the design draws: who may import whom, and who touches WebAssembly. */
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Files and folders from the ground up: each imports only what stands before it. */
const FLOORS = {
  assembly: [
    ...['arena', 'exp', 'log', 'math', 'tape', 'kernels', 'ops', 'adam', 'team'],
    ...['index', 'threads', 'peak'],
  ],
  src: [
    ...['errors', 'checks', 'ranges', 'fields', 'config', 'beside'],
    ...['random', 'random-state', 'dataset', 'tokenizer', 'data'],
    ...['core', 'arena-plan', 'arena', 'adam', 'state-dict'],
    ...['backward-plan', 'tape', 'graph', 'model'],
    ...['chunks', 'train', 'sample', 'corpus', 'memory', 'bulk', 'threads', 'engine'],
    ...['options', 'safetensors', 'checkpoint', 'export', 'microgpt', 'kit', 'worker'],
    ...['reference', 'host', 'index', 'inline', 'examples', 'bench', 'cli', 'web'],
  ],
}

function filesOf(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => join(folder, path))
}

/** Modules that a file names after `from` or in import(), types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const found = text.matchAll(/(?:^|\n)(?:import|export)\b[^'"]*?from\s+['"]([^'"]+)['"]/g)
  const dynamic = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)
  const bare = text.matchAll(/(?:^|\n)import\s+['"]([^'"]+)['"]/g)
  return [...found, ...dynamic, ...bare].map(([, module]) => module!)
}

/** The files of its own tree that a file imports. */
function localImports(file: string): string[] {
  return importsOf(file)
    .filter((module) => module.startsWith('.'))
    .map((module) => relative(root, resolve(root, dirname(file), module)))
    .map((path) => `${path.replace(/\.(js|ts)$/, '')}.ts`)
}

const floorOf = (file: string) => file.split('/')[1]!.replace(/\.ts$/, '')

describe.each(Object.entries(FLOORS))('%s', (folder, floors) => {
  const files = filesOf(folder)

  test('every file has its place', () => {
    expect(files.filter((file) => !floors.includes(floorOf(file)))).toEqual([])
  })

  test('a file imports only from the floors below its own', () => {
    const wrong = files.flatMap((file) =>
      localImports(file)
        .filter((to) => to.startsWith(`${folder}/`) && floorOf(to) !== floorOf(file))
        .filter((to) => floors.indexOf(floorOf(to)) > floors.indexOf(floorOf(file)))
        .map((to) => `${file} imports ${to}`),
    )
    expect(wrong).toEqual([])
  })

  test('there are no cycles', () => {
    const done = new Set<string>()
    const visit = (file: string, path: string[]): void => {
      expect(path, 'a cycle of imports').not.toContain(file)
      if (done.has(file) || !files.includes(file)) return
      for (const to of localImports(file)) visit(to, [...path, file])
      done.add(file)
    }
    for (const file of files) visit(file, [])
    expect(done.size).toBe(files.length)
  })
})

test('src imports of assembly nothing but the types that its build makes', () => {
  const out = filesOf('src').flatMap((file) =>
    localImports(file).filter((to) => !to.startsWith('src/') && !to.startsWith('package.json')),
  )
  expect(out).toEqual(['build/core.ts', 'build/core.threads.ts'])
})

test('a kernel imports no op, and an op no other op', () => {
  const ops = filesOf('assembly').filter((file) => /\/(kernels|ops)\//.test(file))
  expect(ops.flatMap(localImports).filter((to) => to.includes('/ops/'))).toEqual([])
})

test('the twins import nothing but random, tokenizer, config and each other', () => {
  const out = filesOf('src')
    .filter((file) => file.startsWith('src/reference/'))
    .flatMap(localImports)
    .filter((to) => !to.startsWith('src/reference/'))
  const allowed = new Set(['src/config.ts', 'src/random.ts', 'src/tokenizer.ts'])
  expect(out.filter((to) => !allowed.has(to))).toEqual([])
})

test('the runtime depends on the loader alone, and in one file', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(Object.keys(dependencies)).toEqual(['@assemblyscript/loader'])
  const users = filesOf('src').filter((file) =>
    importsOf(file).some((module) => !module.startsWith('.') && !module.startsWith('node:')),
  )
  expect(users).toEqual(['src/core.ts'])
  const code = readFileSync(join(root, 'src/core.ts'), 'utf8')
  expect(code).toContain("import { instantiate } from '@assemblyscript/loader'")
  const wasm = filesOf('src').filter((file) => {
    const bare = readFileSync(join(root, file), 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*/g, '')
    return /\bWebAssembly\.\w/.test(bare)
  })
  // The benchmark starts a module of its own, which is no core: what the machine can do at the most.
  expect(wasm.filter((file) => file !== 'src/bench/sizes.ts')).toEqual(['src/core.ts'])
})
