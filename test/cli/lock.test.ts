/** The lock of a file: whose it is, when it is taken over, and that no two processes ever hold it. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../src/index.js'
import { Traced, bundled, trace } from '../helpers/trace.js'

const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
const script = bundled(new URL('./taker.ts', import.meta.url))
afterAll(() => rmSync(folder, { recursive: true }))
let homes = 0

/** A process that wants the file; it stops before each call. */
class Taker {
  /** What it has reported last. */
  state = 'starts'
  readonly traced: Traced

  constructor(at: string, env: NodeJS.ProcessEnv = {}) {
    this.traced = new Traced(at, [script, join(at, 'model')], env)
  }

  /** Waits for its next call. */
  private async arrive(): Promise<void> {
    const call = await this.traced.next()
    if (!call) throw new Error((await this.traced.ended).stderr)
    this.state = /^(idle|holds|refused)$/.test(call.path) ? call.path : 'acts'
  }

  /** Makes its next call, and stops before the one that follows. */
  async step(): Promise<void> {
    if (this.state !== 'starts') this.traced.answer('go')
    await this.arrive()
  }

  /** Goes on to the next report, or for so many calls. @returns its state */
  async go(calls = Infinity): Promise<string> {
    for (let i = 0; i < calls; i++) {
      await this.step()
      if (this.state !== 'acts') break
    }
    return this.state
  }

  /** Goes on until it waits to begin again. */
  async rest(): Promise<void> {
    while (this.state !== 'idle') await this.go()
  }

  async kill(): Promise<void> {
    this.traced.child.kill('SIGKILL')
    await this.traced.ended
  }
}

/** Runs a test in a folder of its own, with takers that are ready to begin; ends them after it. */
async function withTakers(
  count: number,
  run: (takers: Taker[], at: string) => Promise<void>,
): Promise<void> {
  const at = join(folder, String(homes++))
  mkdirSync(at)
  // A delay of any length between two calls: for one of them it is an hour later.
  const takers = Array.from({ length: count }, (_, i) => {
    return new Taker(at, { TRACED_AHEAD: String(i === 1 ? 3_600_000 : 0) })
  })
  try {
    for (const taker of takers) await taker.rest()
    await run(takers, at)
  } finally {
    for (const taker of takers) await taker.kill()
  }
}

/** Leaves what a process leaves that is killed while it holds the file. @returns its pid */
async function abandon(at: string, env: NodeJS.ProcessEnv = {}): Promise<number> {
  const taker = new Taker(at, env)
  await taker.rest()
  expect(await taker.go()).toBe('holds')
  await taker.kill()
  return taker.traced.child.pid!
}

describe('a lock', () => {
  test('is there while the file is held, and gone after it', () =>
    withTakers(2, async ([a, b], at) => {
      expect(await a!.go()).toBe('holds')
      expect(readdirSync(at)).not.toEqual([])
      expect(await b!.go()).toBe('refused')
      await a!.rest()
      expect(readdirSync(at)).toEqual([])
      await b!.rest()
      expect(await b!.go()).toBe('holds')
      expect(await a!.go()).toBe('refused')
    }))

  test.each(['EPERM', 'EACCES'])('is respected when its process may not be signalled: %s', (code) =>
    withTakers(1, async ([a], at) => {
      expect(await a!.go()).toBe('holds')
      const { calls } = await trace(
        at,
        [script, join(at, 'model')],
        ({ path }, _, child) => void (/^(holds|refused)$/.test(path) && child.kill('SIGKILL')),
        { TRACED_KILL: code },
      )
      expect(calls.at(-1)!.path).toBe('refused')
    }),
  )

  test('of a process that has ended is taken over', () =>
    withTakers(1, async ([a], at) => {
      await abandon(at)
      expect(readdirSync(at)).not.toEqual([])
      expect(await a!.go()).toBe('holds')
      await a!.rest()
      expect(readdirSync(at)).toEqual([])
    }))

  test('of a process of another machine is respected, even if none here has its number', () =>
    withTakers(1, async ([a], at) => {
      await abandon(at, { TRACED_HOST: 'elsewhere' })
      const left = readdirSync(at, { recursive: true })
      expect(await a!.go()).toBe('refused')
      expect(readdirSync(at, { recursive: true })).toEqual(left)
    }))

  test('of a process that has ended is taken over when another one has its number', () =>
    withTakers(1, async ([a], at) => {
      const pid = await abandon(at)
      // A running process, but one that began at another time.
      const names = readdirSync(at, { recursive: true, encoding: 'utf8' })
      const entry = names.find((name) => name.includes(String(pid)))!
      const renamed = entry.replace(String(pid), String(process.pid))
      renameSync(join(at, entry), join(at, renamed))
      expect(await a!.go()).toBe('holds')
    }))

  test('that another process has half removed before it was in place is made again', () =>
    withTakers(2, async ([a, b], at) => {
      const last = () => a!.traced.calls.at(-1)!
      while (last().name !== 'renameSync') await a!.step()
      // The other one was killed as it removed what seemed to be left.
      for (const entry of readdirSync(join(at, last().path))) {
        rmSync(join(at, last().path, entry), { recursive: true })
      }
      expect(await a!.go()).toBe('holds')
      expect(await b!.go()).toBe('refused')
    }))

  test('is taken over from a process that was killed at any call', async () => {
    for (let calls = 1; ; calls++) {
      let [held, over] = [false, false]
      await withTakers(2, async ([a, b], at) => {
        for (let i = 0; i < calls && !over; i++) {
          await a!.step()
          held ||= a!.state === 'holds'
          over = held && a!.state === 'idle'
        }
        await a!.kill()
        expect(await b!.go()).toBe('holds')
        await b!.rest()
        expect(readdirSync(at)).toEqual([])
      })
      if (over) break
    }
  })
})

/** That at most one of them holds the file, and then that all of them let go of it. */
async function expectOne(takers: Taker[], at: string, story: string): Promise<void> {
  for (const taker of takers) if (taker.state === 'acts') await taker.go()
  const states = takers.map(({ state }) => state)
  expect(states.filter((state) => state === 'holds').length, `${story}: ${states}`).toBeLessThan(2)
  for (const taker of takers) await taker.rest()
  expect(readdirSync(at), story).toEqual([])
}

describe('never two holders', { timeout: 120_000 }, () => {
  /** What a killed holder leaves. */
  const leftover = join(folder, 'leftover')
  const leave = (at: string) => cpSync(leftover, at, { recursive: true })
  /** Calls that it takes to get the file when there is such a lock. */
  let most = 0

  beforeAll(async () => {
    mkdirSync(leftover)
    await abandon(leftover)
    await withTakers(1, async ([a], at) => {
      leave(at)
      const before = a!.traced.calls.length
      expect(await a!.go()).toBe('holds')
      most = a!.traced.calls.length - before
    })
    expect(most).toBeGreaterThan(4)
  })

  test.each([
    ['a free file', false],
    ['a lock that was left', true],
  ])('two that want %s, each held up at any call', (_, left) =>
    withTakers(2, async ([a, b], at) => {
      for (let i = 1; i <= most; i++) {
        for (let j = 1; j <= most; j++) {
          if (left) leave(at)
          await a!.go(i)
          await b!.go(j)
          if (a!.state === 'acts') await a!.go()
          await expectOne([a!, b!], at, `after ${i} and ${j} calls`)
        }
      }
    }),
  )

  test('one that is held up at any two calls, while a second takes what it saw, and a third comes', () =>
    withTakers(3, async ([a, b, c], at) => {
      for (let i = 1; i <= most; i++) {
        for (let j = 0; j <= most; j++) {
          leave(at)
          await a!.go(i)
          await b!.go()
          if (a!.state === 'acts') await a!.go(j)
          await c!.go()
          await expectOne([a!, b!, c!], at, `after ${i} and ${j} calls`)
        }
      }
    }))

  test('three, by turns drawn at random, over locks that were left, as they take and let go', () =>
    withTakers(3, async (takers, at) => {
      const random = new Random(1)
      let [held, refused] = [0, 0]
      for (let round = 0; round < 600; round++) {
        if (round % 20 === 0) {
          for (const taker of takers) await taker.rest()
          expect(readdirSync(at)).toEqual([])
          leave(at)
        }
        const taker = takers[Math.floor(3 * random.random())]!
        const calls = 1 + Math.floor(most * random.random())
        const state = await taker.go(calls)
        if (state === 'holds') held++
        if (state === 'refused') refused++
        const holders = takers.filter((each) => each.state === 'holds').length
        expect(holders, `round ${round}`).toBeLessThan(2)
      }
      expect(held).toBeGreaterThan(20)
      expect(refused).toBeGreaterThan(20)
    }))
})

describe('a lock that must not be moved into place', () => {
  /** A run that wants the file, where the move of its lock fails a few times. */
  const refused = (at: string, code: string, times: number, system: string) => {
    let failed = 0
    const decide = ({ name, path }: { name: string; path: string }, _: number, child: any) => {
      if (/^(holds|refused)$/.test(path)) child.kill('SIGKILL')
      return name === 'renameSync' && failed++ < times ? code : 'go'
    }
    return trace(at, [script, join(at, 'model')], decide, { TRACED_PLATFORM: system })
  }
  const place = () => {
    const at = join(folder, String(homes++))
    mkdirSync(at)
    return at
  }

  test.each(['EPERM', 'EACCES'])('is a lack of permission on Linux and macOS: %s', async (code) => {
    for (const system of ['linux', 'darwin']) {
      const at = place()
      const { calls, stderr } = await refused(at, code, 1, system)
      expect(calls.filter(({ name }) => name === 'renameSync')).toHaveLength(1)
      expect(stderr).toMatch(/cannot write \S+: it is not permitted; give --out a file in a folder/)
      expect(readdirSync(at)).toEqual([])
    }
  })

  test.each(['EPERM', 'EACCES'])(
    'is another process that was faster on Windows: %s',
    async (code) => {
      const { calls } = await refused(place(), code, 3, 'win32')
      expect(calls.filter(({ name }) => name === 'renameSync')).toHaveLength(4)
      expect(calls.at(-1)!.path).toBe('holds')
    },
  )
})
