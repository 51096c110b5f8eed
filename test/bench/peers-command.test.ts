/** bench:peers from its flags to its table and files, on known answers; and once as it is run. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { benchPeers } from '../../src/bench/peers/bench.js'
import type { Case } from '../../src/bench/peers/cases.js'
import { OURS, PEERS, type Peer, Unavailable } from '../../src/bench/peers/peers.js'
import type { PeersReport } from '../../src/bench/peers/sweep.js'
import { peersTable } from '../../src/bench/peers/table.js'
import { environment } from '../cli/program.js'
import { captured } from './captured.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'microgpt-peers-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SHORT = ['--no-install', '--widths', '16', '--rounds', '1', '--seconds', '0.01']

describe('bench:peers, on known answers', () => {
  const asked: string[] = []
  const known = async (_: string, { label }: Peer, file: string, mode: string) => {
    const { seconds } = JSON.parse(readFileSync(file, 'utf8')) as Case
    asked.push(`${label} ${mode} ${seconds}`)
    if (label.startsWith('PyTorch')) throw new Unavailable('it is on holiday')
    return { about: `${label} 1.0`, losses: [4, 4, 4, 4], msPerStep: label === OURS.label ? 2 : 5 }
  }
  const run = (...flags: string[]) => {
    asked.length = 0
    return captured(() => benchPeers(flags, join(root, 'build/peers/'), known))
  }

  test('the table, and the numbers as JSON', async () => {
    const { code, stdout } = await run(...SHORT)
    expect(code).toBe(0)
    for (const line of [
      /^microgpt-wasm, float64 +2\.00$/m,
      /^TensorFlow\.js, float32 +5\.00$/m,
      /^parameters +\d,\d{3}$/m,
      /^- PyTorch, float64: not available: it is on holiday$/m,
    ]) {
      expect(stdout).toMatch(line)
    }
    const { stdout: json } = await run(...SHORT, '--json', '--only', 'jax')
    const { widths: sizes, results } = JSON.parse(json) as PeersReport
    expect(sizes).toEqual([{ n_embd: 16, numParams: expect.any(Number) }])
    expect(results.map(({ label }) => label)).toEqual([
      ...[OURS.label, 'jax-js, float32', 'jax-js, float64'],
    ])
    expect(results[1]).toMatchObject({ ms: { 16: 5 }, ratio: { 16: 2.5 }, passesAt: null })
  })

  test('without --widths: five models, from 16 to 256 wide', async () => {
    const { stdout } = await run('--no-install', '--rounds', '1', '--only', '-', '--json')
    const { widths } = JSON.parse(stdout) as PeersReport
    expect(widths.map(({ n_embd }) => n_embd)).toEqual([16, 32, 64, 128, 256])
  })

  test.each([OURS, ...PEERS].map((peer) => [peer.label, peer] as const))(
    '%s: the label says the type, and the threads if there are several',
    (label, { dtype, threads }) => {
      expect(label).toContain(dtype)
      expect(threads).toBe(Number(/(\d+) threads/.exec(label)?.[1] ?? 1))
    },
  )

  test('--rounds, --seconds and --widths', async () => {
    await run('--no-install', '--widths', '8,16', '--rounds', '2', '--seconds', '3', '--only', '-')
    const timed = asked.filter((line) => line === `${OURS.label} time 3`)
    expect(timed).toHaveLength(2 * 2)
  })

  test('writes the numbers and the table into files', async () => {
    const [json, ...guides] = ['report.json', 'a.md', 'b.md'].map((name) => join(folder, name))
    const empty = 'Peers:\n<!-- bench:peers -->\n<!-- /bench:peers -->\n'
    for (const guide of guides) writeFileSync(guide, empty)
    const readme = guides.flatMap((guide) => ['--readme', guide])
    const words = ['--only', 'nobody', '--markdown', '--json', json!, ...readme]
    const { stdout } = await run(...SHORT, ...words)
    const report = JSON.parse(readFileSync(json!, 'utf8')) as PeersReport
    const table = peersTable(report, true)
    expect(stdout).toBe(`${table}\n`)
    for (const guide of guides) {
      expect(readFileSync(guide, 'utf8')).toBe(
        `Peers:\n<!-- bench:peers -->\n\n${table}\n\n<!-- /bench:peers -->\n`,
      )
    }
  })

  test('a guide without a place is an error before anything is measured', async () => {
    writeFileSync(join(folder, 'none.md'), 'Peers:\n')
    const words = [...SHORT, '--readme', join(folder, 'none.md')]
    const { error } = await run(...words)
    expect(String(error)).toContain('there is no place between <!-- bench:peers -->')
    expect(asked).toEqual([])
  })

  test.each([
    [['--widths', '16,x']],
    [['--widths', '2']],
    [['--widths', '1025']],
    [['--rounds', '0']],
    [['--rounds', '1.5']],
    [['--seconds', '0']],
    [['report.json']],
    [['--json', 'a', 'b']],
  ])('refuses %j', async (words) => {
    const { code, stdout, stderr } = await run('--no-install', ...words)
    expect([code, stdout, asked]).toEqual([2, '', []])
    expect(stderr).toMatch(/^usage: /)
  })

  test('tells its flags', async () => {
    const { code, stdout } = await run('--help')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^usage: npm run bench:peers/)
  })
})

describe('npm run bench:peers', () => {
  const run = (...flags: string[]) => {
    const args = [join(root, 'scripts/peers.mjs'), ...flags]
    return promisify(execFile)(process.execPath, args, { env: environment() })
  }

  test('times this package', async () => {
    const { stdout } = await run('--only', 'microgpt', ...SHORT)
    const lines = stdout.split('\n')
    expect(lines.find((line) => line.startsWith(OURS.label))).toMatch(/float64 +[\d.]+$/)
    const said = lines.filter((line) => line.startsWith('- '))
    expect(said).toHaveLength(1)
    expect(said[0]).toMatch(
      /^- microgpt-wasm, float64, 2 threads: .*(losses within|not available: .)/,
    )
    expect(stdout).toContain('No other engine was available.')
  })

  test('tells in one line what went wrong', async () => {
    await expect(run('--no-install', '--fly')).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^bench:peers: Unknown option '--fly'.*\n$/),
    })
  })
})
