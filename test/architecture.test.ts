/**
 * The rules of the architecture: which room may import which, and which file touches WebAssembly.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Each room imports only from itself and from rooms to its left. A room is a folder or a file. */
const ROOMS = {
  assembly: 'op-record arena exp log math tape kernels ops adam thread-pool index threads peak',
  src:
    'errors config random data engine checkpoint gpt reference worker ' +
    'index bundles export bench web cli',
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

/** The files of the same tree that a file imports. */
function localImports(file: string): string[] {
  return importsOf(file)
    .filter((module) => module.startsWith('.'))
    .map((module) => relative(root, resolve(root, dirname(file), module)))
    .map((path) => `${path.replace(/\.(js|ts)$/, '')}.ts`)
}

const roomOf = (file: string) => file.split('/')[1]!.replace(/\.ts$/, '')

describe.each(Object.entries(ROOMS))('%s', (folder, list) => {
  const rooms = list.split(' ')
  const files = filesOf(folder)

  test('every file is in a room', () => {
    expect(files.filter((file) => !rooms.includes(roomOf(file)))).toEqual([])
  })

  test('imports run one way', () => {
    const wrong = files.flatMap((file) =>
      localImports(file)
        .filter((to) => to.startsWith(`${folder}/`))
        .filter((to) => rooms.indexOf(roomOf(to)) > rooms.indexOf(roomOf(file)))
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

test('src imports only types of the core, from its build', () => {
  const out = filesOf('src').flatMap((file) =>
    localImports(file).filter((to) => !to.startsWith('src/') && !to.startsWith('package.json')),
  )
  expect(out.filter((to) => !/^build\/core(\.threads)?\.ts$/.test(to))).toEqual([])
})

test('a kernel imports no op, and an op no other op', () => {
  const ops = filesOf('assembly').filter((file) => /\/(kernels|ops)\//.test(file))
  expect(ops.flatMap(localImports).filter((to) => to.includes('/ops/'))).toEqual([])
})

test('the reference engines import config, data, random, the sampler, Trainable and each other only', () => {
  const out = filesOf('src')
    .filter((file) => file.startsWith('src/reference/'))
    .flatMap(localImports)
  const allowed = /^src\/(reference|config|data|random|errors|gpt\/(sample|trainable))\b/
  expect(out.filter((to) => !allowed.test(to))).toEqual([])
})

test('the runtime depends only on the loader, and one file touches WebAssembly', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(Object.keys(dependencies)).toEqual(['@assemblyscript/loader'])
  const users = filesOf('src').filter((file) =>
    importsOf(file).some((module) => !module.startsWith('.') && !module.startsWith('node:')),
  )
  expect(users).toEqual(['src/engine/core.ts'])
  const touching = filesOf('src').filter((file) => {
    const bare = readFileSync(join(root, file), 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*/g, '')
    return /\bWebAssembly\.\w/.test(bare)
  })
  // The benchmark measures the machine's peak with a module that is not the core.
  expect(touching.filter((file) => !file.startsWith('src/bench/'))).toEqual(['src/engine/core.ts'])
})

describe.each(['src', 'assembly'])('names exported in %s', (folder) => {
  test('are declared once', () => {
    const places = new Map<string, string[]>()
    for (const file of filesOf(folder)) {
      const text = readFileSync(join(root, file), 'utf8')
      const found = text.matchAll(
        /^export (?:declare )?(?:abstract |async )?(?:class|interface|function\*?|const|let|type|enum|namespace) (\w+)/gm,
      )
      for (const [, name] of found) places.set(name!, [...(places.get(name!) ?? []), file])
    }
    const twice = [...places].filter(([, files]) => files.length > 1)
    expect(twice.map(([name, files]) => `${name}: ${files.join(', ')}`)).toEqual([])
  })
})

test('few files are at the top of src', () => {
  const top = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((e) => e.isFile())
  expect(top.length).toBeLessThanOrEqual(8)
})
