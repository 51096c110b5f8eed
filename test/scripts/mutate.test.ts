/** `npm run mutate`: which faults it makes, and what it says of those that tests notice or do not. */
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const load = (name: string) => import(new URL(`../../scripts/${name}.mjs`, import.meta.url).href)
const { apply, mutantsOf } = await load('mutate/mutants')
const { partEquivalent } = await load('mutate/equivalent')
const { filesOf, folderOf, leastOf } = await load('mutate/files')
const { sampleOf } = await load('mutate/sample')
const { below, scores, table } = await load('mutate/report')
const { mutate } = await load('mutate/main')
const { runTests } = await load('mutate/vitest')
const { removeOldChunks } = await load('mutate/chunks')

const changesOf = (file: string, source: string): string[] =>
  mutantsOf(file, source).map(({ change }: { change: string }) => change)

describe('mutants', () => {
  test.each([
    ['a < b', ['< -> <=', '< -> >=']],
    ['a >= b', ['>= -> >', '>= -> <']],
    ['a === b', ['=== -> !==']],
    ['a /* < */ + /* - */ b', ['+ -> -']],
    ['(a) * (b)', ['* -> /']],
    ['a && b', ['&& -> ||']],
    ['a ?? b', ['?? b -> nothing']],
    ['sum += x', ['sum += x -> ;', '+= -> =', '+= -> -=']],
    ['i++', ['i++ -> ;', '++ -> --']],
    ['!a', ['! -> nothing']],
    ['true', ['true -> false']],
    ['[7, 0xff, 0.5, 1e300, 5n]', ['7 -> 8', '0xff -> 0x100', '0.5 -> 1.5']],
    ['f(x)', ['f(x) -> ;']],
    ['(() => Math.max(a, b))', ['max -> min']],
    ['(() => a?.b)', ['?. -> .']],
    ['if (a) f()', ['a -> true', 'a -> false', 'f() -> ;']],
    ['for (let i = a; i < n; i++) b', ['i < n -> false', '< -> <=', '< -> >=']],
    ['while (a) break', ['a -> false', 'break -> ;']],
    ['(() => ["F64", ""])', ['"F64" -> \'\'', `"" -> 'x'`]],
    ["throw new RangeError('n')", ["throw new RangeError('n') -> ;"]],
    ["const s = 'a text for people'", []],
    ["import { a } from './b'", []],
    ['type T = 1 | 2', []],
    ['let x: 1 | 2', []],
    ['const y = x as 1', []],
    ["const z = 'a ' + b", []],
  ])('of %s', (source, changes) => {
    expect(changesOf('src/a.ts', source)).toEqual(expect.arrayContaining(changes))
    if (changes.length === 0) expect(changesOf('src/a.ts', source)).toEqual([])
  })

  test('of AssemblyScript: lanes, decorators, flags; numbers of 64 bits keep their digits', () => {
    const source = [
      '@inline function f(x: v128): v128 { return f64x2.add(x, f64x2.splat(1)) }',
      'const BITS: u64 = 0x3ff0000000000001',
      'export function g(p: usize): void { store<f64>(p, load<f64>(p, 8)); h(true, min(p, 3)) }',
    ].join('\n')
    expect(mutantsOf('assembly/a.ts', source).map(placeAndChange)).toEqual([
      '1 add -> sub',
      '1 1 -> 2',
      '2 0x3ff0000000000001 -> 0x3ff0000000000002',
      '3 store<f64>(p, load<f64>(p, 8)); -> ;',
      '3 8 -> 9',
      '3 h(true, min(p, 3)) -> ;',
      '3 true -> false',
      '3 min -> max',
      '3 3 -> 4',
    ])
  })

  test('say what they change, and change that alone; lines stay where they are', () => {
    const source = 'const a = 1\n  call(\n    a,\n  )\nexport { a }\n'
    const [one, dropped] = mutantsOf('src/a.ts', source)
    expect(one).toMatchObject({
      file: 'src/a.ts',
      line: 1,
      source: 'const a = 1',
      change: '1 -> 2',
    })
    expect(apply(source, one)).toBe(source.replace('1', '2'))
    expect(dropped).toMatchObject({ line: 2, source: 'call(' })
    expect(apply(source, dropped)).toBe('const a = 1\n  ;\n\n\nexport { a }\n')
  })

  test('every file of src and assembly has only mutants that parse', () => {
    const files: string[] = filesOf(ROOT, ['src', 'assembly'])
    expect(files.length).toBeGreaterThan(100)
    for (const file of files) {
      const text = readFileSync(join(ROOT, file), 'utf8')
      for (const mutant of sampleOf(mutantsOf(file, text), 1, 1)) {
        expect(() => mutantsOf(file, apply(text, mutant)), JSON.stringify(mutant)).not.toThrow()
      }
    }
  })
})

const placeAndChange = ({ line, change }: { line: number; change: string }) => `${line} ${change}`

test('a sample is in order, without repeats, and the same for the same seed', () => {
  const items = Array.from({ length: 100 }, (_, i) => i)
  const one: number[] = sampleOf(items, 10, 1)
  expect(one).toEqual([...new Set(one)].toSorted((a, b) => a - b))
  expect(one).toHaveLength(10)
  expect(sampleOf(items, 10, 1)).toEqual(one)
  expect(sampleOf(items, 10, 2)).not.toEqual(one)
  expect(sampleOf(items, Infinity, 1)).toEqual(items)
})

describe('equivalent mutants', () => {
  const mutants = mutantsOf('src/a.ts', 'export const f = (x) =>\n  x < 7\n')
  const entry = { file: 'src/a.ts', source: 'x < 7', change: '< -> <=', reason: 'x is even' }

  test('are left out', () => {
    const { run, listed, stale } = partEquivalent(mutants, [entry])
    expect(run.map(placeAndChange)).toEqual(['2 < -> >=', '2 7 -> 8'])
    expect(listed.map(placeAndChange)).toEqual(['2 < -> <='])
    expect(stale).toEqual([])
  })

  test('of a line that has changed are told, those of other files are not', () => {
    const changed = { ...entry, source: 'x < 8' }
    const { run, stale } = partEquivalent(mutants, [changed, { ...entry, file: 'src/b.ts' }])
    expect(run).toEqual(mutants)
    expect(stale).toEqual([changed])
  })

  test('have a reason', () => {
    expect(() => partEquivalent(mutants, [{ ...entry, reason: '' }])).toThrow('without a reason')
  })

  test('in the list match a mutant of the repository', () => {
    const text = readFileSync(join(ROOT, 'scripts/mutate/equivalent.json'), 'utf8')
    const list: { file: string }[] = JSON.parse(text)
    const files = [...new Set(list.map(({ file }) => file))]
    const all = files.flatMap((file) => mutantsOf(file, readFileSync(join(ROOT, file), 'utf8')))
    expect(partEquivalent(all, list).stale).toEqual([])
  })
})

describe('the score', () => {
  const ended = (folder: string, killed: number, survived: number) => [
    ...Array.from({ length: killed }, () => ({ folder, status: 'killed' })),
    ...Array.from({ length: survived }, () => ({ folder, status: 'survived' })),
    { folder, status: 'invalid' },
    { folder, status: 'same' },
  ]
  const rows = scores([
    ...ended('src/web', 0, 1),
    ...ended('src/cli', 8, 2),
    ...ended('src/engine', 89, 11),
    ...ended('assembly', 9, 1),
  ])

  test('is of mutants that compile to something else, by folder', () => {
    expect(table(rows).split('\n')).toEqual([
      'folder       killed  survived   score  least',
      'assembly          9         1    90.0     90',
      'src/cli           8         2    80.0     80',
      'src/engine       89        11    89.0     90',
      'src/web           0         1     0.0',
      'all             106        15    87.6',
    ])
  })

  test('is held to 90 % where bits are made and kept, 80 % elsewhere, the page to nothing', () => {
    expect(below(rows).map(({ folder }: { folder: string }) => folder)).toEqual(['src/engine'])
    for (const folder of ['assembly', 'src/engine', 'src/data', 'src/checkpoint'])
      expect(leastOf(folder), folder).toBe(90)
    for (const folder of ['src', 'src/cli', 'src/gpt']) expect(leastOf(folder), folder).toBe(80)
    expect(leastOf('src/web')).toBe(0)
  })

  test('of a file counts for assembly, src, or its folder of src', () => {
    const files = ['assembly/ops/a.ts', 'src/a.ts', 'src/data/a.ts', 'src/web/panels/a.ts']
    expect(files.map(folderOf)).toEqual(['assembly', 'src', 'src/data', 'src/web'])
  })
})

describe('a run', { timeout: 300_000 }, () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mutate-test-')))
  const root = join(folder, 'repository')
  const temporary = join(folder, 'temporary')
  const { TMPDIR } = process.env

  const SOURCES: Record<string, string> = {
    'package.json': '{ "type": "module" }',
    'CONTRIBUTING.md': '# Scores\n\n<!-- npm run mutate -->\n<!-- /npm run mutate -->\n',
    'asconfig.json': JSON.stringify({ targets: { release: {}, debug: {}, threads: {} } }),
    'src/less.ts': 'export const less = (a: number, b: number) => a < b\n',
    'src/cli/more.ts': 'export const more = (a: number) => -a\n',
    'build/cli.js': 'plain',
    'assembly/index.ts': `export function least(a: i32, b: i32): i32 {
  return min(a, b)
}
function unused(a: i32): i32 {
  return ~a
}
`,
    'assembly/threads.ts': "export * from './index'\n",
    'assembly/peak.ts': 'export function peak(): void {}\n',
    'scripts/build-library.mjs': 'export async function buildLibrary() {}\n',
    'scripts/build-programs.mjs': `import { copyFileSync } from 'node:fs'
export const buildPrograms = async () => copyFileSync('src/cli/more.ts', 'build/cli.js')
`,
    'test/less.test.ts': testOf(
      "import { less } from '../src/less.js'",
      'expect([less(1, 2), less(2, 1)]).toEqual([true, false])',
    ),
    'test/cli/program.test.ts': testOf("const PROGRAM = '../../build/cli.js'", ''),
    'test/cli/slow.test.ts': testOf("import '../../src/cli/more.js'", ''),
    'test/endless.test.ts': testOf('', 'for (;;);'),
    'test/fails.test.ts': testOf('', 'expect(1).toBe(2)'),
    'test/assembly/least.test.ts': testOf('', ''),
  }
  const LESS = 'in  export const less = (a: number, b: number) => a < b'

  beforeAll(() => {
    for (const [path, text] of Object.entries(SOURCES)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
    mkdirSync(temporary)
    process.env.TMPDIR = temporary
  })
  afterAll(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
    rmSync(folder, { recursive: true })
  })

  /** Runs the tool: the repository is as before, and no copy is left. */
  async function run(words: string[], settings = {}) {
    const out: string[] = []
    const err: string[] = []
    const before = hashOf(root)
    const streams = {
      out: (line: string) => out.push(...line.split('\n')),
      err: (line: string) => err.push(line),
    }
    const code = await mutate(root, ['--jobs', '1', ...words], streams, settings)
    if (!words.includes('--table')) expect(hashOf(root)).toBe(before)
    expect(readdirSync(temporary)).toEqual([])
    return { code, out, err }
  }

  /** Test files that pass when this is true in a copy, and take a time; in place of Vitest. */
  const testing =
    (passes: Passes, timeOf: (test: string) => number = () => 5) =>
    async (copy: string, tests: string[], { limit }: { limit(test: string): number }) => {
      const files: Tested[] = []
      for (const file of tests) {
        const [time, most] = [timeOf(file), limit(file)]
        const passed = time <= most && passes(file, copy)
        files.push({ test: file, passed, time: time <= most ? time : Infinity })
        if (!passed) return { passed: false, timedOut: time > most, files }
      }
      return { passed: true, timedOut: false, files }
    }

  const hasMutant = (copy: string, from: string, to: string) =>
    readFileSync(join(copy, 'src/less.ts'), 'utf8') === SOURCES['src/less.ts']!.replace(from, to)

  test('tells of a mutant that survives, and not of one that is killed', async () => {
    const json = join(folder, 'results.json')
    const { code, out, err } = await run(['src/less.ts', '--check', '--json', json], {
      test: testing((_, copy) => !hasMutant(copy, '<', '>=')),
    })
    expect(out).toEqual([
      `src/less.ts:1  < -> <=  ${LESS}`,
      '',
      'folder   killed  survived   score  least',
      'src           1         1    50.0     80',
    ])
    expect(err.at(-1)).toBe('src is below its threshold')
    expect(code).toBe(1)
    const { command, results } = JSON.parse(readFileSync(json, 'utf8'))
    expect(command).toBe('npm run mutate -- src/less.ts')
    expect(results).toMatchObject([
      { change: '< -> <=', status: 'survived' },
      { change: '< -> >=', status: 'killed', by: 'test/less.test.ts' },
    ])
  })

  test('Vitest runs in a copy that has the mutant', async () => {
    const [, other] = mutantsOf('src/less.ts', SOURCES['src/less.ts'])
    const list = [{ ...other, reason: 'not of interest here' }]
    let seen = false
    const look: typeof runTests = (copy: string, ...rest: unknown[]) => {
      seen = hasMutant(copy, '<', '<=')
      return runTests(copy, ...rest)
    }
    const { err } = await run(['src/less.ts'], { list, test: look })
    expect(err.join('\n')).toContain(`1/1  survived  src/less.ts:1  < -> <=  ${LESS}`)
    expect(seen).toBe(true)
  })

  test('of test files it is known whether each passed, failed or ran forever', async () => {
    const tests = ['test/endless.test.ts', 'test/less.test.ts', 'test/fails.test.ts']
    const order = [tests[1], tests[2], tests[0]]
    const { passed, timedOut, files } = await runTests(root, order, {
      bail: false,
      limit: (file: string) => (file === tests[0] ? 500 : 100_000),
    })
    expect({ passed, timedOut }).toEqual({ passed: false, timedOut: true })
    expect(files).toEqual([
      { test: tests[1], passed: true, time: expect.any(Number) },
      { test: tests[2], passed: false, time: expect.any(Number) },
      { test: tests[0], passed: false, time: Infinity },
    ])
  })

  test('leaves out what is listed as equivalent', async () => {
    const [mutant] = mutantsOf('src/less.ts', SOURCES['src/less.ts'])
    const list = [{ ...mutant, reason: 'equal numbers are not compared' }]
    const { out } = await run(['src/less.ts', '--list'], { list })
    expect(out).toEqual([`src/less.ts:1  < -> >=  ${LESS}`])
  })

  test('runs survivors again, and writes the scores into CONTRIBUTING.md', async () => {
    const json = join(folder, 'again.json')
    const words = ['src/less.ts', '--sample', '2', '--seed', '3', '--json', json]
    await run(words, { test: testing(() => true) })
    let runs = 0
    const noticing = testing((file, copy) => {
      if (file === 'test/less.test.ts') runs++
      return (
        readFileSync(join(copy, 'src/less.ts'), 'utf8') !==
        'export const less = (a: number, b: number) => a <= b\n'
      )
    })
    const { out } = await run(['--again', json, '--table'], { test: noticing })
    expect(out.at(-1)).toMatch(/^src +1 +1 +50.0 +80$/)
    // One that is killed, that test without it, and the other one.
    expect(runs).toBe(3)
    await run(['--again', json, '--table'], { test: noticing })
    expect(runs).toBe(4)
    const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
    expect(text.split('\n').slice(4, 7)).toEqual([
      '| folder | killed |  of |  score | required | npm run mutate --               |',
      '| ------ | -----: | --: | -----: | -------: | ------------------------------- |',
      '| src    |      1 |   2 | 50.0 % |     80 % | src/less.ts --sample 2 --seed 3 |',
    ])
  })

  test('builds the bundles for tests that start one, and puts them back', async () => {
    const built: string[] = []
    const { err } = await run(['src/cli'], {
      test: testing((file, copy) => {
        if (file === 'test/cli/program.test.ts') {
          built.push(readFileSync(join(copy, 'build/cli.js'), 'utf8'))
        }
        return file !== 'test/cli/program.test.ts' || built.at(-1) === 'plain'
      }),
    })
    expect(err[1]).toMatch(
      '1/1  killed by test/cli/program.test.ts  src/cli/more.ts:1  - -> nothing',
    )
    // The second time without the mutant, as no one has run that test before.
    expect(built).toEqual(['export const more = (a: number) => a\n', 'plain'])
  })

  test('measures what takes long or fails, without the mutant', async () => {
    const isMutant = (copy: string) =>
      readFileSync(join(copy, 'src/cli/more.ts'), 'utf8') !== SOURCES['src/cli/more.ts']
    const results = async (passes: (copy: string) => boolean, seconds: number) => {
      const runner = testing(
        (name, copy) => name !== 'test/cli/slow.test.ts' || passes(copy),
        (name) => (name === 'test/cli/slow.test.ts' ? 1000 * seconds : 5),
      )
      const { err } = await run(['src/cli', '--slow', '10'], { test: runner, spare: 5000 })
      return err.slice(1, 3).map((line) => line.split('  src/')[0])
    }
    expect((await results((copy) => !isMutant(copy), 9))[0]).toBe(
      '1/1  killed by test/cli/slow.test.ts',
    )
    expect(await results(() => false, 9)).toEqual([
      'test/cli/slow.test.ts fails without a mutant: left out',
      '1/1  survived',
    ])
    for (const seconds of [12, 20]) {
      expect(await results(() => true, seconds)).toEqual([
        'test/cli/slow.test.ts takes more than 10 s: left out',
        '1/1  survived',
      ])
    }
  })

  test('compiles mutants of assembly, and leaves out those that compile to the same', async () => {
    const { out, err } = await run(['assembly'], {
      test: testing((_, copy) => {
        const core = join(copy, 'build/core.wasm')
        if (!existsSync(core)) return true
        const module = new WebAssembly.Module(readFileSync(core))
        const { exports } = new WebAssembly.Instance(module, { env: { abort() {} } })
        return (exports['least'] as CallableFunction)(1, 2) === 1
      }),
    })
    expect(err.slice(1)).toEqual([
      '1/2  killed by test/assembly/least.test.ts  assembly/index.ts:2  min -> max  in  return min(a, b)',
      '2/2  same  assembly/index.ts:5  ~ -> nothing  in  return ~a',
    ])
    expect(out.at(-1)).toMatch(/^assembly +1 +0 +100.0 +90$/)
  })

  test('a copy is as old as what it is a copy of: its build is not stale', async () => {
    const times = (at: string) =>
      ['src', 'src/less.ts', 'assembly', 'test/cli'].map((path) =>
        Math.floor(statSync(join(at, path)).mtimeMs / 1000),
      )
    const past = new Date(1e12)
    for (const path of ['src', 'src/less.ts', 'test/cli']) utimesSync(join(root, path), past, past)
    let copied: number[] = []
    await run(['src/less.ts', '--sample', '1'], {
      test: testing((_, copy) => {
        copied = times(copy).with(1, 1e9)
        return true
      }),
    })
    expect(copied).toEqual(times(root))
  })

  test('a copy has the build, but not the packages of other libraries in it', async () => {
    const peers = join(root, 'build/peers')
    mkdirSync(join(peers, 'node_modules/.bin'), { recursive: true })
    mkdirSync(join(peers, 'node_modules/other'))
    // npm links programs; a copy of such a link may fail.
    symlinkSync('../other/peers', join(peers, 'node_modules/.bin/other'))
    symlinkSync(join(peers, 'node_modules'), join(peers, 'node_modules/other/peers'))
    let copied: string[] = []
    await run(['src/less.ts', '--sample', '1'], {
      test: testing((_, copy) => {
        copied = readdirSync(join(copy, 'build'))
        return true
      }),
    })
    expect(copied).toContain('cli.js')
    expect(copied).not.toContain('peers')
    rmSync(peers, { recursive: true })
  })

  test('chunks of the build before are removed, and nothing else', () => {
    const chunks = mkdtempSync(join(tmpdir(), 'chunks-'))
    const names = 'chunk-2PZ4MDNJ.js chunk-2PZ4MDNJ.js.map page-worker.js index.js core.wasm'.split(
      ' ',
    )
    for (const name of [...names, 'load-AAAAAAA1.js']) writeFileSync(join(chunks, name), '')
    for (const name of names) utimesSync(join(chunks, name), 1, 1)
    removeOldChunks(chunks, new Date(2000))
    expect(readdirSync(chunks)).toEqual([
      'core.wasm',
      'index.js',
      'load-AAAAAAA1.js',
      'page-worker.js',
    ])
    rmSync(chunks, { recursive: true })
  })

  test('says what is wrong with its words', async () => {
    await expect(run(['--sample', '0'])).rejects.toThrow('--sample takes an integer of at least 1')
    await expect(run(['src/none.ts'])).rejects.toThrow('there is no src/none.ts')
    await expect(run(['--smaple', '3'])).rejects.toThrow("Unknown option '--smaple'")
  })
})

type Passes = (test: string, copy: string) => boolean

interface Tested {
  test: string
  passed: boolean
  time: number
}

/** A file with one test. */
function testOf(above: string, line: string) {
  return `import { expect, test } from 'vitest'\n${above}\ntest('it', () => {\n  ${line}\n})\n`
}

/** Of all files below a folder, their names and bytes. */
function hashOf(folder: string): string {
  const hash = createHash('sha256')
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name)
      hash.update(path).update(readFileSync(path))
    }
  }
  return hash.digest('hex')
}
