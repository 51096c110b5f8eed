/**
 * The build with fused multiply-add: used only on request and where available, and correct except
 * for the last bits.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { MicroGPT, parseDocs } from '../src/index.js'
import { hasFusedMultiplyAdd } from '../src/engine/core.js'
import { NAMES } from '../src/data/names.js'

/** Losses of 50 steps, in a Node with or without relaxed SIMD. */
const program = (threads: number) => `
  import { MicroGPT } from ${JSON.stringify(new URL('../build/index.js', import.meta.url).href)}
  import { NAMES } from ${JSON.stringify(new URL('../build/names.js', import.meta.url).href)}
  const docs = NAMES.trim().split('\\n')
  const config = { batch_size: 8, num_steps: 50 }
  const gpt = await MicroGPT.create({ docs, config, fast: true, threads: ${threads} })
  const losses = Array.from(gpt.train({ steps: 25 }), ({ loss }) => loss)
  const options = { docs, fast: true, threads: ${threads} }
  const again = await MicroGPT.load(gpt.save({ optimizer: true }), options)
  console.log(JSON.stringify([...losses, ...Array.from(again.train(), ({ loss }) => loss)]))
`

function lossesWith(flags: string[], threads = 1): number[] {
  const args = [...flags, '--input-type=module', '--eval', program(threads)]
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  return JSON.parse(execFileSync(process.execPath, args, { cwd, encoding: 'utf8' }))
}

async function standard(): Promise<number[]> {
  const config = { batch_size: 8, num_steps: 50 }
  const gpt = await MicroGPT.create({ docs: parseDocs(NAMES), config })
  return Array.from(gpt.train(), ({ loss }) => loss)
}

// V8 knows the instructions without a flag from 11.4 on.
const flags = process.versions.node.startsWith('20.') ? ['--experimental-wasm-relaxed-simd'] : []

test('where available, the losses agree, but are not bit-identical', async () => {
  const [fast, want] = [lossesWith(flags), await standard()]
  const far = Math.max(...fast.map((loss, i) => Math.abs(loss - want[i]!)))
  expect(far).toBeLessThan(1e-9)
  expect(far).toBeGreaterThan(0)
})

test('on two threads it has the bits of one, in a new run and in one that is loaded', () => {
  expect(lossesWith(flags, 2)).toEqual(lossesWith(flags))
})

describe('--fast', () => {
  const cli = fileURLToPath(new URL('../build/cli.js', import.meta.url))
  const words = '--batch-size 8 --samples 0 --json'.split(' ')

  function train(before: readonly string[], ...more: string[]) {
    const args = [...before, cli, 'train', ...words, ...more]
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    const lines = stdout.trim().split('\n')
    const [first, ...rest] = lines.map((line) => JSON.parse(line))
    const losses = rest.filter(({ type }) => type === 'step').map(({ loss }) => loss)
    return { fast: first.fast, losses, stderr }
  }

  test('is the same run on the command line, and reports if it is not available', async () => {
    const run = (...before: string[]) => train(before, '--steps', '50', '--fast')
    expect(run(...flags)).toEqual({ fast: true, losses: lossesWith(flags), stderr: '' })
    if (flags.length === 0) return
    const { fast, losses, stderr } = run()
    expect([fast, losses]).toEqual([false, await standard()])
    expect(stderr).toMatch(/^microgpt-wasm: this Node has no relaxed SIMD for --fast; .*\n$/)
  })

  test('counts for a run that is resumed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fast-'))
    try {
      const model = join(folder, 'model')
      train([], '--steps', '5', '--out', model)
      const resume = ['--resume', model, '--steps', '30', '--out']
      const want = train([], ...resume, join(folder, 'standard')).losses
      const { losses } = train(flags, ...resume, join(folder, 'fast'), '--fast')
      expect(losses).toHaveLength(25)
      for (const [i, loss] of losses.entries()) expect(loss).toBeCloseTo(want[i], 9)
      expect(losses).not.toEqual(want)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

test('where not available, the standard build is used, bit for bit', async () => {
  expect(hasFusedMultiplyAdd()).toBe(flags.length === 0)
  if (flags.length === 0) return
  expect(lossesWith([])).toEqual(await standard())
})

test('one thread needs no shared memory', async () => {
  vi.stubGlobal('SharedArrayBuffer', undefined)
  try {
    const gpt = await MicroGPT.create({ docs: ['anna'], fast: true })
    expect(gpt.threads).toBe(1)
    await expect(MicroGPT.create({ docs: ['anna'], threads: 2 })).rejects.toThrow('shared memory')
  } finally {
    vi.unstubAllGlobals()
  }
})
