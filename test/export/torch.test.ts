/**
 * The PyTorch script against ours: logits, 50 steps in one and in two processes, 50 more of ours.
 * LONG=1 runs each case in one process and in two.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { pythonWith } from '../../src/bench/peers/python.js'
import { MicroGPT, type StepResult } from '../../src/index.js'
import { CASES, type Case, SCRIPT, freePort, inPython, runOf } from './cases.js'
import { logitsOf } from './plain-gpt.js'

const LONG = process.env['LONG'] === '1'
/** In the short form, processes per case of 50 steps. To start one takes over a second. */
const WORLDS: Record<string, number[]> = {
  'weight_decay, grad_clip, validation': [2],
  'fewer documents than ranks': [2],
  text: [1],
}
const torch = await pythonWith('torch')
const folder = mkdtempSync(join(tmpdir(), 'microgpt-torch-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs the script in some processes, as torchrun would start them. @returns the steps it prints */
async function trained(file: string, world: number, ...flags: string[]): Promise<StepResult[]> {
  // Debian's torchrun fails on its own Python; these variables are all that it would set.
  const shared = { MASTER_ADDR: '127.0.0.1', MASTER_PORT: `${await freePort()}` }
  const words = [SCRIPT, file, '--data', `${file}.txt`, '--json', ...flags]
  const ranks = Array.from({ length: world }, async (_, rank) => {
    const own = { RANK: `${rank}`, LOCAL_RANK: `${rank}`, WORLD_SIZE: `${world}` }
    const env = {
      ...process.env,
      OMP_NUM_THREADS: '1',
      ...(world > 1 ? { ...shared, ...own } : {}),
    }
    return (
      await promisify(execFile)(torch!, words, { env, timeout: 250_000, killSignal: 'SIGKILL' })
    ).stdout
  })
  const [first, ...others] = await Promise.all(ranks)
  expect(others.join('')).toBe('')
  const lines = first!
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const steps = lines.filter(({ type }) => type === 'step')
  expect(lines.at(-1)).toMatchObject({ type: 'end', steps: steps.length })
  return steps
}

/** The largest difference of two runs' losses; validation losses count too. */
function difference(got: readonly StepResult[], want: readonly StepResult[]): number {
  expect(got.map(({ step }) => step)).toEqual(want.map(({ step }) => step))
  expect(got.map(({ valLoss }) => valLoss !== undefined)).toEqual(
    want.map(({ valLoss }) => valLoss !== undefined),
  )
  const of = ({ loss, lr, valLoss = 0 }: StepResult) => [loss, lr, valLoss]
  return Math.max(...got.flatMap((one, i) => of(one).map((x, j) => Math.abs(x - of(want[i]!)[j]!))))
}

/** Trains ours to `total` steps, from a file. */
async function ours(bytes: Uint8Array, { data }: Case, total: number) {
  const gpt = await MicroGPT.load(bytes, { ...data, config: { num_steps: total } })
  return { gpt, steps: [...gpt.train(gpt.valFraction > 0 ? { evalEvery: 25 } : {})] }
}

const LOGITS = `
import torch
run = m.resumed(*sys.argv[1:3], {})
gpt = m.make_model(run.config, run.bos + 1)
for name, p in gpt.named_parameters():
    p.data.copy_(torch.frombuffer(run.tensors[name], dtype=torch.float64).view(p.shape))
print(json.dumps(gpt(torch.tensor(json.loads(sys.argv[3]))).tolist()))
`

describe.skipIf(!torch)(`PyTorch${torch ? '' : ' (skipped: no torch)'}`, () => {
  describe.each(Object.entries(CASES))('%s', (name, one) => {
    const file = join(folder, name.replace(/\W+/g, '-'))

    test.runIf(LONG || WORLDS[name]?.[0] === 1)('the logits', async () => {
      const gpt = await runOf(one)
      const bytes = gpt.save({ optimizer: true })
      writeFileSync(file, bytes)
      writeFileSync(`${file}.txt`, one.file)
      const ids = Array.from({ length: gpt.config.block_size }, (_, i) => (5 * i) % 9)
      const words = [file, `${file}.txt`, JSON.stringify([ids])]
      const [got] = await inPython<number[][][]>(LOGITS, words, torch!)
      logitsOf(bytes, ids).forEach((row, t) =>
        row.forEach((logit, i) => expect(Math.abs(got![t]![i]! - logit)).toBeLessThan(1e-12)),
      )
    })

    test.each(LONG ? [1, 2] : (WORLDS[name] ?? []))(
      '50 steps in %i processes, and 50 more of ours',
      async (world) => {
        const bytes = (await runOf(one)).save({ optimizer: true })
        writeFileSync(file, bytes)
        writeFileSync(`${file}.txt`, one.file)
        const [middle, end] = [one.steps + 50, one.steps + 100]
        const [here, back] = [await ours(bytes, one, middle), `${file}.${world}`]
        const words = ['--num-steps', `${middle}`, '--eval-every', '25', '--out', back]
        expect(difference(await trained(file, world, ...words), here.steps)).toBeLessThan(1e-9)
        // The input stays as it was.
        expect(Buffer.compare(readFileSync(file), bytes)).toBe(0)
        const there = await ours(readFileSync(back), one, end)
        const straight = await ours(here.gpt.save({ optimizer: true }), one, end)
        expect(there.steps).toHaveLength(50)
        expect(difference(there.steps, straight.steps)).toBeLessThan(1e-9)
      },
    )
  })

  test('micro-batches, float32 and saving on the way', async () => {
    const one = CASES['weight_decay, grad_clip, validation']!
    const bytes = (await runOf(one)).save({ optimizer: true })
    const file = join(folder, 'micro')
    writeFileSync(file, bytes)
    writeFileSync(`${file}.txt`, one.file)
    const want = await ours(bytes, one, one.steps + 10)
    const words = ['--num-steps', `${one.steps + 10}`, '--eval-every', '25', '--out', `${file}.out`]
    const cut = await trained(file, 2, ...words, '--micro-batch', '1', '--save-every', '4')
    expect(difference(cut, want.steps)).toBeLessThan(1e-9)
    const narrow = await trained(file, 1, ...words, '--dtype', 'float32', '--micro-batch', '2')
    expect(difference(narrow, want.steps)).toBeLessThan(1e-4)
    expect(difference(narrow, want.steps)).toBeGreaterThan(1e-12)
    const back = await ours(readFileSync(`${file}.out`), one, one.steps + 20)
    expect(back.steps).toHaveLength(10)
  })
})
