/** The commands of docs/onward.md for PyTorch, one after the other; fewer steps and processes. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { pythonWith } from '../../src/bench/peers/python.js'
import { NAMES } from '../../src/data/names.js'
import { readCheckpoint } from '../../src/index.js'
import { pageBlocks, root } from '../docs/blocks.js'
import { freePort } from './cases.js'

const torch = await pythonWith('torch')
const folder = mkdtempSync(join(tmpdir(), 'microgpt-onward-'))
afterAll(() => rmSync(folder, { recursive: true }))
const run = (program: string, words: string[], env = {}) =>
  promisify(execFile)(program, words, {
    cwd: folder,
    env: { ...process.env, OMP_NUM_THREADS: '1', ...env },
  })

/** Commands of the page's shell blocks, up to the ones for ONNX. */
const commands = pageBlocks('docs/onward.md')
  .filter(({ language }) => language === 'sh')
  .flatMap(({ code }) => code.replaceAll(/ *\\\n */g, ' ').split('\n'))
  .filter((words) => /onward/.test(words))

/** What torchrun would start: two processes, of one host or of two. */
async function asTorchrun(words: string[]): Promise<void> {
  const script = words.findIndex((word) => word.endsWith('.py'))
  const hosts = words.includes('--nnodes=2')
  const port = `${await freePort()}`
  const shared = { WORLD_SIZE: '2', MASTER_ADDR: '127.0.0.1', MASTER_PORT: port }
  const ranks = [0, 1].map((rank) => {
    const own = { RANK: `${rank}`, LOCAL_RANK: hosts ? '0' : `${rank}` }
    return run(torch!, words.slice(script), { ...shared, ...own })
  })
  await Promise.all(ranks)
}

test('the page shows each way on and the way back', () => {
  const programs = commands.map((words) => words.split(' ').slice(0, 2).join(' '))
  expect(programs).toEqual([
    'microgpt-wasm export',
    'python3 onward/microgpt_torch.py',
    'torchrun --nproc_per_node=8',
    'torchrun --nnodes=2',
    'microgpt-wasm train',
  ])
})

test.skipIf(!torch)(`they run${torch ? '' : ' (skipped: no torch)'}`, async () => {
  const ours = (words: string[]) => run(process.execPath, [join(root, 'build/cli.js'), ...words])
  writeFileSync(join(folder, 'names.txt'), NAMES)
  await ours('train --data names.txt --steps 20 --out model.safetensors'.split(' '))
  let steps = 20
  for (const command of commands) {
    const [program, ...words] = command.split(' ')
    // The same flags, and twenty steps more each time.
    const at = words.findIndex((word) => /^--(num-)?steps$/.test(word))
    if (at >= 0) words[at + 1] = `${(steps += 20)}`
    if (program === 'torchrun') await asTorchrun(words)
    else if (program === 'python3') await run(torch!, words)
    else await ours(words)
    if (at < 0) continue
    expect(readCheckpoint(readFileSync(join(folder, 'onward/model.safetensors'))).step).toBe(steps)
  }
  expect(steps).toBe(100)
})
