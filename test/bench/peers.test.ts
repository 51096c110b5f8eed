/**
 * The peers' runner: what they are given, what is compared, and what is said when one is not there.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { type Case, modelOf, writeCase } from '../../src/bench/peers/cases.js'
import {
  type PeerAnswer,
  OURS,
  PEERS,
  type Peer,
  Unavailable,
  askPeer,
  compare,
  reasonOf,
} from '../../src/bench/peers/peers.js'
import { pythonWith } from '../../src/bench/peers/python.js'
import { type Ask, passesAt, sweep } from '../../src/bench/peers/sweep.js'
import { peersTable, verdict } from '../../src/bench/peers/table.js'
import { MicroGPT } from '../../src/gpt/microgpt.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'microgpt-peers-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a case holds the weights, and the batches in the order of training', async () => {
  const gpt = await MicroGPT.create(modelOf(16))
  const given = JSON.parse(readFileSync(writeCase(folder, gpt, 1), 'utf8')) as Case
  const bytes = readFileSync(given.weights)
  expect(bytes.equals(Buffer.from(gpt.save()).subarray(-bytes.length))).toBe(true)
  const counts = given.table.map(({ shape }) => shape[0] * shape[1])
  expect(counts.reduce((sum, count) => sum + count)).toBe(gpt.numParams)
  expect(given.config.vocab_size).toBe(65)
  expect(given.batches.map((batch) => batch.length)).toEqual([16, 16, 16, 16])
  const [second] = given.batches.slice(1)
  expect(second!.map((ids) => ids[0])).toEqual(Array(16).fill(64))
  expect(second!.map((ids) => gpt.tokenizer.decode(ids))).toEqual(gpt.docs.slice(16, 32))
})

const peer = (label: string): Peer => ({ ...OURS, label, program: 'x.mjs', tolerance: 1e-4 })
const [near, wrong, absent] = ['near', 'wrong', 'absent'].map(peer) as [Peer, Peer, Peer]
const widths = [16, 32].map((n_embd) => ({ n_embd, numParams: 100 * n_embd, file: `${n_embd}` }))

/** Ours takes 2 ms at 16 and 8 at 32, the peer 4 and 6. */
function answers(asked: string[]): Ask {
  return async ({ label }, file, mode) => {
    asked.push(`${label} ${file} ${mode}`)
    if (label === 'absent') throw new Unavailable('it is on holiday')
    const losses = { near: [4.00005], wrong: [4.1] }[label] ?? [4]
    const ms = { near: { 16: 4, 32: 6 } }[label] ?? { 16: 2, 32: 8 }
    const msPerStep = mode === 'time' ? ms[file as '16']! : null
    return { about: `${label} 1.0`, losses, msPerStep } satisfies PeerAnswer
  }
}

describe('the sweep', () => {
  test('compares, then times, and leaves out what is not there', async () => {
    const asked: string[] = []
    const [ours, one, gone] = await sweep([near, absent], widths, 2, answers(asked), () => {})
    expect(ours).toMatchObject({ own: true, ms: { 16: 2, 32: 8 }, passesAt: null })
    expect(one).toMatchObject({ own: false, about: 'near 1.0', ms: { 16: 4, 32: 6 }, passesAt: 32 })
    expect(one!.ratio).toEqual({ 16: 2, 32: 0.75 })
    expect(one!.lossDifference).toBeCloseTo(5e-5, 9)
    expect(gone).toMatchObject({ about: null, missing: 'it is on holiday', ms: {} })
    expect(asked.filter((line) => line.startsWith('absent'))).toEqual(['absent 16 losses'])
    const near16 = asked.filter((line) => line.startsWith('near 16'))
    expect(near16).toEqual(['near 16 losses', 'near 16 time', 'near 16 time'])
  })

  test('times nothing when a loss is wrong', async () => {
    const asked: string[] = []
    await expect(sweep([wrong], widths, 1, answers(asked), () => {})).rejects.toThrow(
      'wrong, step 1: the loss is 4.1, expected 4, within 0.0001; nothing timed',
    )
    expect(asked.filter((line) => line.endsWith('time'))).toEqual([])
  })

  /** A peer whose losses are these in one width and mode, and right elsewhere. */
  const wrongAt =
    (where: string, losses: number[]): Ask =>
    async ({ label }, file, mode) => {
      const right = label !== 'near' || `${file} ${mode}` !== where
      return { about: label, losses: right ? [4, 3.5] : losses, msPerStep: 1 }
    }
  test.each([
    ['in the second width', '32 losses', [4, 3.6], 'near, step 2: the loss is 3.6'],
    ['in what is timed', '16 time', [4.2, 3.5], 'near, step 1: the loss is 4.2'],
    ['no number', '16 losses', [4, NaN], 'near, step 2: the loss is NaN'],
    ['too few', '16 losses', [4], 'near: 1 losses, expected 2'],
  ])('a loss that is wrong %s is an error', async (_, where, losses, message) => {
    await expect(sweep([near], widths, 1, wrongAt(where, losses), () => {})).rejects.toThrow(
      message,
    )
  })

  test('this package on two threads must have the same bits', async () => {
    const two = { ...PEERS[0]!, label: 'near' }
    expect(two).toMatchObject({ threads: 2, tolerance: 0 })
    const bit = wrongAt('16 losses', [4, 3.5 + 2 ** -51])
    await expect(sweep([two], widths, 1, bit, () => {})).rejects.toThrow('expected 3.5, the same')
  })

  test('takes medians over rounds', async () => {
    const ms = [9, 1, 5]
    let round = 0
    const noisy: Ask = async ({ label }, _, mode) => {
      const msPerStep = label === 'near' && mode === 'time' ? ms[round++]! : 2
      return { about: label, losses: [4], msPerStep }
    }
    const [, one] = await sweep([near], widths.slice(0, 1), 3, noisy, () => {})
    expect(one).toMatchObject({ ms: { 16: 5 }, ratio: { 16: 2.5 } })
  })
})

test.each([
  ['never', { 16: 1.5, 32: 1 }, null],
  ['at the end', { 16: 1.5, 32: 0.9 }, 32],
  ['always', { 16: 0.5, 32: 0.9 }, 16],
  ['at first only', { 16: 0.5, 32: 1.1 }, null],
])('a peer passes ours %s', (_, ratio, from) => {
  expect(passesAt(ratio)).toBe(from)
})

test('a round that the machine slows down leaves the ratio as it is', async () => {
  const slow = [1, 1, 5, 5, 1, 1]
  let asked = 0
  const slowed: Ask = async ({ label }, _, mode) => {
    const ms = (label === 'near' ? 3 : 2) * (mode === 'time' ? slow[asked++]! : 1)
    return { about: label, losses: [4], msPerStep: ms }
  }
  const [, one] = await sweep([near], widths.slice(0, 1), 3, slowed, () => {})
  expect(one!.ratio).toEqual({ 16: 1.5 })
})

test('a ratio is of two times of one round, not of two medians', async () => {
  const times = { ours: [1, 2, 10], near: [3, 10, 10] }
  const turns = { ours: 0, near: 0 }
  const noisy: Ask = async ({ label }, _, mode) => {
    const which = label === 'near' ? 'near' : 'ours'
    const msPerStep = mode === 'time' ? times[which][turns[which]++]! : null
    return { about: label, losses: [4], msPerStep }
  }
  const [ours, one] = await sweep([near], widths.slice(0, 1), 3, noisy, () => {})
  expect([ours!.ms, one!.ms]).toEqual([{ 16: 2 }, { 16: 10 }])
  expect([ours!.ratio, one!.ratio]).toEqual([{ 16: 1 }, { 16: 3 }])
})

describe('the table', () => {
  test('a column per width, a row per engine, then reasons and the verdict', async () => {
    const results = await sweep([near, absent], widths, 1, answers([]), () => {})
    const text = peersTable({ machine: 'an abacus', widths, results }, true)
    expect(text).toContain('| ms per step            | n_embd 16 | n_embd 32 |')
    expect(text).toContain('| parameters             |     1,600 |     3,200 |')
    expect(text).toContain('| near                   |      4.00 |      6.00 |')
    expect(text).toContain('near: near 1.0; losses within 5.0e-5 of ours (allowed: 0.0001)')
    expect(text).toContain('absent: not available: it is on holiday')
    expect(text.split('\n').at(-1)).toBe(
      'Against microgpt-wasm, float64, on one thread: near is faster from n_embd 32 on.',
    )
  })

  test('the verdict when no engine is faster, and when none is available', async () => {
    const first = widths.slice(0, 1)
    const results = await sweep([near], first, 1, answers([]), () => {})
    const none = 'on one thread: no other engine is faster up to 16.'
    expect(verdict({ machine: '', widths: first, results })).toContain(none)
    const alone = await sweep([absent], first, 1, answers([]), () => {})
    const nobody = 'No other engine was available.'
    expect(verdict({ machine: '', widths: first, results: alone })).toBe(nobody)
  })
})

const torch = await pythonWith('torch')
test.skipIf(!torch)(`PyTorch names its BLAS${torch ? '' : ' (skipped: no torch)'}`, async () => {
  const gpt = await MicroGPT.create(modelOf(16))
  const file = writeCase(folder, gpt, 1)
  // To start one takes seconds; LONG=1 compares all of them.
  const every = PEERS.filter(({ program }) => program === 'pytorch.py')
  const peers = process.env['LONG'] === '1' ? every : every.slice(0, 2)
  const asked = peers.map((one) => askPeer(join(root, 'src/bench/peers'), one, file, 'losses'))
  const [first, ...others] = await Promise.all(asked)
  expect(first!.about).toMatch(/^PyTorch \d\S+, BLAS: \w+/)
  for (const other of others) expect(compare(peers.at(-1)!, other, first!)).toBeLessThan(1e-4)
})

describe('a peer that is not available', () => {
  test('its package is missing', async () => {
    const peers = join(root, 'src/bench/peers')
    const jax = PEERS.find(({ program }) => program === 'jax.mjs')!
    const failed = askPeer(peers, jax, 'none.json', 'losses')
    await expect(failed).rejects.toThrow(/^Cannot find package '@jax-js\/jax'/)
    await expect(failed).rejects.toBeInstanceOf(Unavailable)
  })

  test.each([
    [
      "Traceback:\n  line 7\nModuleNotFoundError: No module named 'torch'\n",
      "No module named 'torch'",
    ],
    [
      'x;\n^\n\nb [ConfigError]: create has no option "threads"\n    at N\n',
      /^create has no option/,
    ],
    ['Error [ERR_X]: it is not\n    at y\n\nNode.js v20\n', 'it is not'],
    ['Killed\n', 'Killed'],
    ['', 'Command failed'],
  ])('%j', (stderr, reason) => {
    expect(reasonOf(new Error('Command failed'), stderr)).toMatch(reason)
  })

  test('PyTorch, and it says how to install it', async () => {
    const pytorch = PEERS.find(({ program }) => program === 'pytorch.py')!
    const found = await pythonWith('torch')
    const failed = askPeer(join(root, 'src/bench/peers'), pytorch, 'none.json', 'losses')
    const reason = found ? /none\.json/ : /^PyTorch is not installed for python3; try apt-get/
    await expect(failed).rejects.toThrow(reason)
    await expect(failed).rejects.toBeInstanceOf(Unavailable)
  })

  test('any module that no Python has', async () => {
    expect(await pythonWith('there_is_no_such_module')).toBeNull()
  })
})
