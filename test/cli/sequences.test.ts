/**
 * Random sequences of commands on one file. After each command the file holds the last complete
 * state, and at the end it equals the file of an uninterrupted run. LONG=1 runs more and longer ones.
 */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { Random, readCheckpoint } from '../../src/index.js'
import { objects } from './ended.js'
import { cli, ended, start } from './program.js'

const LONG = process.env.LONG === '1'
const SEQUENCES = LONG ? 40 : 4
const COMMANDS = LONG ? 20 : 7
const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
afterAll(() => rmSync(folder, { recursive: true }))
const data = join(folder, 'names.txt')
writeFileSync(data, 'anna\notto\nina\nnoah\nada\nbo\n')
// With a constant learning rate, a step does not depend on --steps. This rate is low enough that
// train never warns about the loss.
const RUN = ['--data', data, '--lr-schedule', 'constant', '--learning-rate', '0.001']
RUN.push('--batch-size', '2')

class Sequence {
  readonly done: string[] = []
  private readonly random: Random
  private readonly home: string
  private readonly model: string
  private bytes: Buffer | null = null

  constructor(seed: number) {
    this.random = new Random(seed)
    this.home = join(folder, String(seed))
    this.model = join(this.home, 'model')
    mkdirSync(this.home)
  }

  /** The step of the checkpoint after the last command; 0 if there is none. */
  get step(): number {
    return this.bytes ? readCheckpoint(this.bytes).step : 0
  }

  private read(): Buffer | null {
    return readdirSync(this.home).includes('model') ? readFileSync(this.model) : null
  }

  private pick<T>(...all: [T, ...T[]]): T {
    return all[this.random.below(all.length)]!
  }

  /** Random flags that do not affect the trained model. */
  private chance(): string[] {
    const output = this.pick([], ['--quiet'], ['--json'], ['--log-every', '3'])
    const saves = this.pick([], ['--save-every', '1'], ['--save-every', '3'])
    return [
      ...output,
      ...saves,
      '--samples',
      this.pick('0', '2'),
      '--threads',
      this.pick('1', 'auto'),
    ]
  }

  /** Flags to start a run, or to resume it if the file exists. */
  private target = () => (this.bytes ? ['--resume', this.model] : ['--out', this.model])

  private run(...words: string[]) {
    this.done.push(words.map((word) => word.replace(folder, '')).join(' '))
    return cli(...words)
  }

  /** Expects the file to be unchanged. */
  private expectSame(): void {
    const now = this.read()
    expect(now === null ? null : this.bytes?.equals(now)).toBe(this.bytes === null ? null : true)
  }

  async train(): Promise<void> {
    const steps = this.step + 1 + this.random.below(9)
    const words = ['train', ...RUN, ...this.target(), '--steps', String(steps), ...this.chance()]
    expect(await this.run(...words)).toMatchObject({ code: 0, stderr: '' })
    this.bytes = this.read()
    expect(this.step).toBe(steps)
    expect(readdirSync(this.home)).toEqual(['model'])
  }

  async refused(): Promise<void> {
    if (!this.bytes) return
    const words = this.pick(
      ['--out', this.model],
      ['--resume', this.model, '--steps', String(this.step)],
      ['--resume', this.model, '--n-embd', '32', '--steps', '1000'],
      ['--resume', this.model, '--out', data, '--steps', '1000'],
    )
    expect(await this.run('train', ...RUN, ...words)).toMatchObject({ code: 2, stdout: '' })
    this.expectSame()
  }

  async looked(): Promise<void> {
    if (!this.bytes) return
    const words = this.pick(['sample', '--count', '2', '--model'], ['inspect', '--json'])
    const run = await this.run(...words, this.model)
    expect(run).toMatchObject({ code: 0, stderr: '' })
    if (words[0] === 'inspect') {
      expect(objects(run)[0]).toMatchObject({ checkpoint: { step: this.step } })
    }
    this.expectSame()
  }

  /** A very long run that is ended by a signal. */
  async ended(): Promise<void> {
    const signal = this.pick<NodeJS.Signals>('SIGKILL', 'SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP')
    const words = ['train', ...RUN, ...this.target(), '--steps', '100000000', '--save-every', '1']
    this.done.push(`${signal} of ${words.join(' ').replaceAll(folder, '')}`)
    const child = start([...words, '--quiet'])
    const end = ended(child)
    await setTimeout(this.random.below(1500))
    child.kill(signal)
    const run = await end
    const before = this.step
    this.bytes = this.read()
    // The file can be read, and its step is not smaller than before.
    expect(this.step).toBeGreaterThanOrEqual(before)
    if (signal !== 'SIGKILL' && run.signal === null) {
      const at = /stopped at step (\d+) of/.exec(run.stderr)?.[1]
      if (at !== undefined && this.bytes) expect(this.step).toBe(Number(at))
      expect(readdirSync(this.home)).toEqual(this.bytes ? ['model'] : [])
    }
  }

  async next(): Promise<void> {
    const draw = this.random.below(10)
    if (draw < 3) await this.train()
    else if (draw < 7) await this.ended()
    else if (draw < 9) await this.looked()
    else await this.refused()
  }

  /** Finishes the run, and compares its file with that of an uninterrupted run. */
  async whole(): Promise<void> {
    await this.train()
    const out = join(this.home, 'whole')
    const steps = ['--steps', String(this.step), '--samples', '0', '--quiet']
    expect(await cli('train', ...RUN, '--out', out, ...steps)).toMatchObject({
      code: 0,
      stderr: '',
    })
    expect(this.bytes!.equals(readFileSync(out))).toBe(true)
  }
}

describe('after every command the file holds the last complete state', { timeout: 600_000 }, () => {
  const seeds = Array.from({ length: SEQUENCES }, (_, i) => i + 1)
  // They mostly wait for commands.
  test.concurrent.each(seeds)('sequence %i', async (seed) => {
    const sequence = new Sequence(seed)
    try {
      for (let i = 0; i < COMMANDS; i++) await sequence.next()
      await sequence.whole()
    } catch (error) {
      throw new Error(`after ${sequence.done.join('\n  then ')}`, { cause: error })
    }
  })
})
