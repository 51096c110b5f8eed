/** The built module as a page sees it: its ABI, its size, and the options that fix its bits. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { BUILDS, arenaOn, moduleOf, releaseBytes } from '../helpers/cores.js'

const source = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

describe('the release module', () => {
  test('imports nothing', () => {
    expect(WebAssembly.Module.imports(moduleOf('release'))).toEqual([])
  })

  test('runs without a host', async () => {
    const { instance } = await WebAssembly.instantiate(releaseBytes)
    const core = instance.exports as Record<string, CallableFunction>
    expect(core.reserve!(2, 100, 0, 10)).toBeGreaterThan(0)
  })

  test('fits its budget', () => {
    expect(gzipSync(releaseBytes, { level: 9 }).length).toBeLessThanOrEqual(14 * 1024)
  })
})

test('both targets pin shrinkLevel to 0, which would change the numbers', () => {
  const { options, targets } = JSON.parse(source('asconfig.json'))
  for (const part of [options, targets.release, targets.debug]) expect(part.shrinkLevel).toBe(0)
})

describe.each(BUILDS)('%s build', (build) => {
  test('exports what assembly/index.ts lists, and its memory', () => {
    const index = source('assembly/index.ts')
    const listed = [...index.matchAll(/^export \{([^}]*)\}/gm)]
      .flatMap(([, names]) => names!.split(','))
      .map((name) => name.trim().split(' as ').at(-1)!)
      .filter((name) => name !== '')
    const exported = WebAssembly.Module.exports(moduleOf(build)).map(({ name }) => name)
    expect(exported.toSorted()).toEqual(['VERSION', 'memory', ...listed].toSorted())
  })

  test('takes its memory once', async () => {
    const arena = await arenaOn(build, { values: 1_000_000 })
    const { buffer } = arena.core.memory
    expect(buffer.byteLength).toBeGreaterThan(16_000_000)
    expect(buffer.byteLength).toBeLessThan(16_000_000 + 2_000_000)
  })
})
