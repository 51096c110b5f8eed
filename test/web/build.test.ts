/** What build/ holds for browsers, and how large it is. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import * as api from '../../src/index.js'
import { root } from './browser.js'

const read = (name: string) => readFileSync(join(root, 'build', name))
const KB = 1024

// What a visitor waits for. A change that goes past these has to earn it.
test.each([
  ['core.wasm', 14],
  ['microgpt.js', 12.25],
  ['microgpt.data.js', 2.75],
  ['microgpt.kit.js', 6.25],
  ['microgpt.load.js', 6.5],
  ['microgpt.threads.js', 5.25],
  ['worker.js', 3.25],
  ['page.js', 28],
])('%s is at most %f KB, gzipped', (name, most) => {
  expect(gzipSync(read(name), { level: 9 }).length).toBeLessThanOrEqual(most * KB)
})

/** What a program prints, run in a folder with these built files alone. */
function runBeside(files: string[], program: string): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'beside-'))
  try {
    for (const file of files) copyFileSync(join(root, 'build', file), join(folder, file))
    writeFileSync(
      join(folder, 'program.mjs'),
      `import * as api from './microgpt.js'
      const { MicroGPT, createWorkerModel } = api
      const gpt = await MicroGPT.create({ docs: ['anna', 'otto'] })
      for (const _ of gpt.train({ steps: 3 })) continue
      const caught = (promise) =>
        promise.then(() => 'nothing', (e) => [e instanceof api[e.name], e.message])
      ${program}`,
    )
    const printed = execFileSync(process.execPath, [join(folder, 'program.mjs')], {
      encoding: 'utf8',
    })
    return JSON.parse(printed)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('microgpt.js works beside core.wasm alone, and names the file that it lacks', () => {
  const got = runBeside(
    ['microgpt.js', 'core.wasm'],
    `const { char } = gpt.generate({ prompt: 'a', seed: 1 }).next().value ?? { char: '' }
    const works = [
      gpt.step, gpt.sample({ count: 1001 }).length, gpt.loss(['anna']) < 4, char.length < 2,
      gpt.stateDict.size,
    ]
    const lacks = [
      await caught(MicroGPT.load(new Uint8Array(8))),
      await caught(createWorkerModel({ docs: ['anna'] })),
      await caught(MicroGPT.create({ text: 'anna' })),
      await caught(MicroGPT.create({ docs: ['anna', 'otto'], valFraction: 0.5 })),
      await caught(MicroGPT.create({ docs: ['anna'], threads: 2 })),
    ]
    gpt.free()
    const freed = await caught(Promise.resolve().then(() => gpt.params))
    console.log(JSON.stringify({ works, lacks, freed: freed[0] }))`,
  )
  const lacks = (file: string) => [true, `${file} could not be loaded; put it beside microgpt.js`]
  const files = ['microgpt.load.js', 'worker.js', 'microgpt.data.js', 'microgpt.data.js']
  expect(got).toEqual({
    works: [3, 1001, true, true, 9],
    lacks: [...files, 'microgpt.threads.js'].map(lacks),
    freed: true,
  })
})

test('microgpt.data.js beside it learns from a text, and holds a part out', () => {
  const got = runBeside(
    ['microgpt.js', 'core.wasm', 'microgpt.data.js'],
    `const text = 'anna otto '.repeat(20)
    const held = await MicroGPT.create({ text, valFraction: 0.2 })
    const [{ valLoss }] = [...held.train({ steps: 1, evalEvery: 1 })]
    const [sample] = held.sample({ length: 30 })
    const same = valLoss === held.validate()
    const short = await caught(MicroGPT.create({ text: 'ab' }))
    console.log(JSON.stringify({ same, sample: sample.length, short: short[0] }))`,
  )
  expect(got).toEqual({ same: true, sample: 30, short: true })
})

test('microgpt.load.js takes a run up; it and the kit throw errors of the same classes', () => {
  const got = runBeside(
    ['microgpt.js', 'core.wasm', 'microgpt.load.js', 'microgpt.kit.js'],
    `const kit = await import('./microgpt.kit.js')
    const docs = ['anna', 'otto']
    const whole = await MicroGPT.create({ docs })
    for (const _ of whole.train({ steps: 3 })) continue
    const file = whole.save({ optimizer: true })
    const again = await MicroGPT.load(file, { docs })
    const models = [gpt, whole, again]
    const params = models.map((one) => (one.train({ steps: 2 }).next(), String(one.params)))
    const taken = await MicroGPT.load(file, { docs })
    const classes = again.tokenizer instanceof api.Tokenizer && whole instanceof MicroGPT
    const arena = new kit.Arena(await api.loadCore(), { params: 2, values: 8, scratch: 0, records: 2 })
    const ops = await caught(Promise.resolve().then(() => {
      const g = new kit.Graph(arena)
      g.add(g.input(1), g.input(2))
    }))
    const broken = await caught(MicroGPT.load(file.subarray(0, 100)))
    const field = await caught(MicroGPT.load(file, { config: { n_embd: 18 } }))
    const refused = [broken, field, ops].map(([ofClass]) => ofClass)
    const same = new Set(params).size
    const equal = String(taken.save({ optimizer: true })) === String(file)
    console.log(JSON.stringify({ same, equal, classes, refused }))`,
  )
  expect(got).toEqual({ same: 1, equal: true, classes: true, refused: [true, true, true] })
})

test('the kit of the package checks what own models are made of', () => {
  const got = runBeside(
    ['microgpt.js', 'core.wasm', 'microgpt.kit.js'],
    `const { Arena, Graph } = await import('./microgpt.kit.js')
    const arena = new Arena(await api.loadCore(), { params: 2, values: 8, scratch: 0, records: 2 })
    const ids = new Graph(arena).ids(2, 4)
    ids.set([3, 1])
    const read = [ids.at(0), ids.at(1)]
    const wrong = [() => ids.set([0, 4]), () => ids.put(0, NaN), () => arena.alloc([0])]
    const refused = []
    for (const call of wrong) refused.push(await caught(Promise.resolve().then(call)))
    console.log(JSON.stringify({ ids: read, grad: arena.paramsGrad.length, refused }))`,
  )
  expect(got).toEqual({
    ids: [3, 1],
    grad: 2,
    refused: [
      [true, 'ids run from 0 to 3, got 4 at 1'],
      [true, 'ids run from 0 to 3, got NaN at 0'],
      [true, 'a slice of the arena has sizes above 0, got 0'],
    ],
  })
})

test('the built package and the file for pages export what the sources do', () => {
  const names = (file: string) => {
    const url = JSON.stringify(pathToFileURL(join(root, 'build', file)).href)
    const program = `console.log(JSON.stringify(Object.keys(await import(${url}))))`
    const flags = ['--input-type=module', '-e', program]
    return JSON.parse(execFileSync(process.execPath, flags, { encoding: 'utf8' })) as string[]
  }
  const all = Object.keys(api).sort()
  expect(names('index.js').sort()).toEqual(all)
  expect(names('microgpt.inline.js').sort()).toEqual(all)
  const parts = ['microgpt.js', 'microgpt.kit.js'].flatMap(names)
  const readers = ['readCheckpoint', 'readSafetensors']
  // microgpt.threads.js is built on it; to others it is no use.
  const inner = 'DocumentPass'
  expect([...new Set([...parts, ...readers])].sort()).toEqual([...all, inner].sort())
})

test('microgpt.html and microgpt.inline.js ask for nothing beside them', () => {
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

test('the package holds all of it', () => {
  const flags = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const listed = execFileSync('npm', flags, { cwd: root, encoding: 'utf8', stdio: 'pipe' })
  const [{ files }] = JSON.parse(listed) as [{ files: { path: string }[] }]
  const paths = new Set(files.map(({ path }) => path))
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | Record<string, string>>
  }
  const named = Object.values(exports).flatMap((to) =>
    typeof to === 'string' ? to : Object.values(to),
  )
  const page = [
    'microgpt.data.js',
    'microgpt.kit.js',
    'microgpt.load.js',
    'microgpt.threads.js',
    'index.html',
    'boot.js',
    'page.js',
    'page-worker.js',
    'page.css',
    'microgpt.html',
  ]
  expect(paths.has('python/microgpt_torch.py')).toBe(true)
  const more = [
    ...page,
    'icon.svg',
    'web.js',
    'cli.js',
    'core.d.ts',
    'core.threads.d.ts',
    'types/worker/worker-model.d.ts',
  ]
  const wanted = [...named.map((path) => path.slice(2)), ...more.map((name) => `build/${name}`)]
  expect(wanted.filter((path) => !paths.has(path))).toEqual([])
})

test('the declarations type a program that uses the package', () => {
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
