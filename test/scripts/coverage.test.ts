/** What `npm run coverage` counts by, on programs of a few lines. */
import { describe, expect, test } from 'vitest'

const load = (name: string) => import(new URL(`../../scripts/${name}.mjs`, import.meta.url).href)
const { CountLines, MODULE } = await load('count-lines')
const { LineReport, below, spans, table } = await load('line-report')
const { RanText, placesIn } = await load('ran-of-bundle')
const { default: asc } = await import('assemblyscript/asc')

const PROGRAM = `
class Twice {
  of(x: i32): i32 {
    return 2 * x
  }
}
function generic<T>(f: T, x: i32): i32 {
  const t = changetype<Twice>(0)
  if (sizeof<T>() == 8) {
    x += 1
  } else x -= 1
  return t.of(x)
}
namespace inner {
  @inline export function chosen(big: bool, x: i32): i32 {
    if (big) {
      return x + 1
    }
    return x
  }
}
function unused(x: i32): i32 {
  return x
}
const TABLE = memory.data<i32>([1, 2, 3])
export function run(x: i32): i32 {
  let sum = 0
  for (let i = 0; i < 3; i++) sum += load<i32>(TABLE + (i << 2))
  if (x > 0) {
    sum += inner.chosen(true, x)
  } else if (x < 0) {
    sum = -1
  } else {
    sum = inner.chosen(false, 7)
  }
  switch (x) {
    case 5:
      sum += generic<i32>(0, x)
      break
    default:
      sum += 100
  }
  while (sum > 1000)
    sum -= 1
  return sum
}
`
const EVERY = [
  4, 8, 9, 10, 11, 12, 16, 17, 19, 23, 27, 28, 29, 30, 31, 32, 34, 36, 38, 39, 41, 43, 44, 45,
]

/** Runs the program on some numbers. @returns its results, and the lines that were run */
async function counted(...xs: number[]) {
  const files: Record<string, string> = { 'small.ts': PROGRAM }
  let binary: Uint8Array | undefined
  const counting = new CountLines()
  const { error, stderr } = await asc.main(
    ['small.ts', '--config', 'none', '--runtime', 'stub', '--outFile', 'small.wasm'],
    {
      readFile: (name) => files[name] ?? null,
      writeFile: (_name, contents) => void (binary = contents as Uint8Array),
      listFiles: () => [],
      transforms: [counting],
    },
  )
  expect(error, stderr.toString()).toBeNull()
  const module = new WebAssembly.Module(Uint8Array.from(binary!))
  const flags: Record<string, WebAssembly.Global> = {}
  for (const { name } of WebAssembly.Module.imports(module)) {
    flags[name] = new WebAssembly.Global({ value: 'i32', mutable: true }, 0)
  }
  // A fresh instance a number: the flags are shared.
  const results = xs.map((x) => {
    const { exports } = new WebAssembly.Instance(module, { [MODULE]: flags })
    return (exports.run as (x: number) => number)(x)
  })
  const ran = Object.keys(flags).filter((name) => flags[name]!.value)
  const lines = ran.map((name) => Number(name.split(':')[1])).sort((a, b) => a - b)
  return { results, lines, every: counting.lines.get('small.ts') as number[] }
}

describe('lines of AssemblyScript', () => {
  test('each that begins a statement of a function is counted, also where none is compiled', async () => {
    expect((await counted()).every).toEqual(EVERY)
  })

  test('none is run before a function is called', async () => {
    expect((await counted()).lines).toEqual([])
  })

  test('those that were run are told, and the results are the same', async () => {
    const { results, lines } = await counted(-3)
    expect(results).toEqual([99])
    expect(lines).toEqual([27, 28, 29, 31, 32, 36, 41, 43, 45])
  })

  test('one is run when any instance of the module, a generic or an inlined function runs it', async () => {
    const { results, lines } = await counted(5, 0)
    expect(results).toEqual([6 + 5 + 1 + 8, 107])
    expect(EVERY.filter((line) => !lines.includes(line))).toEqual([10, 23, 32, 44])
  })
})

describe('lines of a bundle', () => {
  const text = '#!/usr/bin/env node\nfunction f() { return g() }\nf(1)\n'
  /** Segments of a generated line 1: columns 0 and 15 are a.ts:1:0 and a.ts:2:2; line 2 is a.ts:4:0. */
  const map = {
    version: 3 as const,
    sources: ['../src/a.ts'],
    names: [],
    mappings: ';AAAA,eACE;AAEF',
  }

  test('are found by the place of a statement, or next on its line', () => {
    const place = placesIn(text, map, 'build/a.js')
    expect(place('src/a.ts', 1, 0)).toBe(20)
    expect(place('src/a.ts', 2, 2)).toBe(35)
    expect(place('src/a.ts', 2, 0)).toBe(35)
    expect(place('src/a.ts', 4, 0)).toBe(text.indexOf('f(1)'))
    expect(place('src/a.ts', 2, 3)).toBeUndefined()
    expect(place('src/a.ts', 3, 0)).toBeUndefined()
    expect(place('src/b.ts', 1, 0)).toBeUndefined()
  })

  test('were run when any process ran them: an inner range overrides those around it', () => {
    const whole = { startOffset: 0, endOffset: text.length, count: 1 }
    const body = (count: number) => ({ startOffset: 35, endOffset: 47, count })
    const ran = new RanText(text)
    ran.add([{ ranges: [body(0)] }, { ranges: [whole] }])
    expect([ran.ran[20], ran.ran[35], ran.ran[46], ran.ran[47]]).toEqual([1, 0, 0, 1])
    ran.add([{ ranges: [whole, body(2)] }])
    ran.add([{ ranges: [whole, body(0)] }])
    expect(ran.ran[35]).toBe(1)
  })
})

describe('the report', () => {
  const report = new LineReport()
  for (let line = 1; line <= 10; line++) report.add('src/b.ts', line, line > 1)
  for (let line = 2; line <= 20; line += 2) report.add('src/a.ts', line, line < 18)
  for (const hit of [false, true, false]) report.add('src/c.ts', 7, hit)
  test('has files by name, with the lines that were not run', () => {
    expect(table(report).split('\n')).toEqual([
      'file       lines     run       %  not run',
      'src/a.ts      10       8    80.0  18-20',
      'src/b.ts      10       9    90.0  1',
      'src/c.ts       1       1   100.0',
      'all           21      18    85.7',
    ])
  })

  test('names those below the share, and not those that are not held to it', () => {
    const names = (least: number, exempt: (file: string) => boolean = () => false) =>
      below(report, least, exempt).map(({ file }: { file: string }) => file)
    expect(names(90)).toEqual(['src/a.ts'])
    expect(names(95)).toEqual(['src/a.ts', 'src/b.ts'])
    expect(names(95, (file) => file === 'src/a.ts')).toEqual(['src/b.ts'])
  })

  test('joins neighbours among the lines that begin something', () => {
    expect(spans([], [1])).toBe('')
    expect(spans([3], [1, 3])).toBe('3')
    expect(spans([3, 7, 9, 12], [1, 3, 5, 7, 9, 10, 12])).toBe('3, 7-9, 12')
  })
})
