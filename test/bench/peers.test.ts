/** The peers' runner: what they are given, what is compared, and what is said when one is not there. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { type Case, modelOf, writeCase } from '../../src/bench/peers/cases.js'
import {
  type Answer,
  OURS,
  PEERS,
  type Peer,
  Unavailable,
  ask,
  compare,
  reasonOf,
} from '../../src/bench/peers/peers.js'
import { pythonWith } from '../../src/bench/peers/python.js'
import { type Ask, type PeersReport, passesAt, sweep } from '../../src/bench/peers/sweep.js'
import { peersTable, verdict } from '../../src/bench/peers/table.js'
import { MicroGPT } from '../../src/microgpt.js'
import { environment } from '../cli/program.js'

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
    return { about: `${label} 1.0`, losses, msPerStep } satisfies Answer
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

describe('the table', () => {
  test('widths across, peers down, reasons and the verdict below', async () => {
    const results = await sweep([near, absent], widths, 1, answers([]), () => {})
    const text = peersTable({ machine: 'an abacus', widths, results }, true)
    expect(text).toContain('| ms a step              | n_embd 16 | n_embd 32 |')
    expect(text).toContain('| parameters             |     1,600 |     3,200 |')
    expect(text).toContain('| near                   |      4.00 |      6.00 |')
    expect(text).toContain('near: near 1.0; losses within 5.0e-5 of ours (0.0001 was allowed)')
    expect(text).toContain('absent: not available: it is on holiday')
    expect(text.split('\n').at(-1)).toBe(
      'Against microgpt-wasm, float64, on one thread: near passes it from n_embd 32 on.',
    )
  })

  test('the verdict when none passes, and when none is there', async () => {
    const first = widths.slice(0, 1)
    const results = await sweep([near], first, 1, answers([]), () => {})
    const none = 'on one thread: no peer passes it up to 16.'
    expect(verdict({ machine: '', widths: first, results })).toContain(none)
    const alone = await sweep([absent], first, 1, answers([]), () => {})
    const nobody = 'No peer was there to compare with.'
    expect(verdict({ machine: '', widths: first, results: alone })).toBe(nobody)
  })
})

const torch = await pythonWith('torch')
test.skipIf(!torch)(`PyTorch names its BLAS${torch ? '' : ' (skipped: no torch)'}`, async () => {
  const gpt = await MicroGPT.create(modelOf(16))
  const file = writeCase(folder, gpt, 1)
  const peers = PEERS.filter(({ program }) => program === 'pytorch.py')
  const asked = peers.map((one) => ask(join(root, 'src/bench/peers'), one, file, 'losses'))
  const [first, ...others] = await Promise.all(asked)
  expect(first!.about).toMatch(/^PyTorch \d\S+, BLAS: \w+/)
  for (const other of others) expect(compare(peers.at(-1)!, other, first!)).toBeLessThan(1e-4)
})

describe('a peer that is not there', () => {
  test('its package is missing', async () => {
    const peers = join(root, 'src/bench/peers')
    const jax = PEERS.find(({ program }) => program === 'jax.mjs')!
    const failed = ask(peers, jax, 'none.json', 'losses')
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
    const failed = ask(join(root, 'src/bench/peers'), pytorch, 'none.json', 'losses')
    const reason = found ? /none\.json/ : /^PyTorch is not installed for python3; try apt-get/
    await expect(failed).rejects.toThrow(reason)
    await expect(failed).rejects.toBeInstanceOf(Unavailable)
  })

  test('any module that no Python has', async () => {
    expect(await pythonWith('there_is_no_such_module')).toBeNull()
  })
})

describe('npm run bench:peers, without installing anything', () => {
  const run = (...flags: string[]) => {
    const args = [join(root, 'scripts/peers.mjs'), '--no-install', ...flags]
    return promisify(execFile)(process.execPath, args, { env: environment() })
  }
  const SHORT = ['--widths', '16', '--rounds', '1', '--seconds', '0.01']

  test('times this package', async () => {
    const { stdout } = await run('--only', 'microgpt', ...SHORT)
    const lines = stdout.split('\n')
    expect(lines.find((line) => line.startsWith(OURS.label))).toMatch(/float64 +[\d.]+$/)
    const said = lines.filter((line) => line.startsWith('- '))
    expect(said).toHaveLength(1)
    expect(said[0]).toMatch(
      /^- microgpt-wasm, float64, 2 threads: .*(losses within|not available: .)/,
    )
    expect(stdout).toContain('No peer was there to compare with.')
  })

  test('writes the numbers and the table into files', async () => {
    const [json, readme] = [join(folder, 'report.json'), join(folder, 'README.md')]
    writeFileSync(readme, 'Peers:\n<!-- bench:peers -->\n<!-- /bench:peers -->\n')
    const words = ['--only', 'nobody', '--markdown', '--json', json, '--readme', readme]
    const { stdout } = await run(...SHORT, ...words)
    const report = JSON.parse(readFileSync(json, 'utf8')) as PeersReport
    expect(report.widths).toEqual([{ n_embd: 16, numParams: expect.any(Number) }])
    expect(stdout).toBe(`${peersTable(report, true)}\n`)
    expect(readFileSync(readme, 'utf8')).toContain(peersTable(report, true))
  })

  test.each([
    ['--widths', '16,x'],
    ['--widths', '2'],
    ['--rounds', '0'],
    ['--seconds', '0'],
    ['report.json'],
  ])('refuses %s', async (...words) => {
    const failed = run(...words)
    await expect(failed).rejects.toMatchObject({ code: 2, stdout: '' })
    await expect(failed).rejects.toMatchObject({ stderr: expect.stringMatching(/^usage: /) })
  })

  test('tells its flags, and in one line what went wrong', async () => {
    expect((await run('--help')).stdout).toMatch(/^usage: npm run bench:peers/)
    const failed = run(...SHORT, '--only', 'nobody', '--readme', join(folder, 'none.md'))
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^bench:peers: .*none\.md.*\n$/),
    })
  })
})
