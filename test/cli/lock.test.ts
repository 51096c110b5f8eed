/** The lock of a file: who holds it, when it is replaced, and that two processes never hold it. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lock } from '../../src/cli/lock.js'
import { Random } from '../../src/index.js'
import { Traced, bundled, trace } from '../helpers/trace.js'

const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
const script = bundled(new URL('./lock-process.ts', import.meta.url))
afterAll(() => rmSync(folder, { recursive: true }))
let homes = 0

/** A process that locks and unlocks the file, and stops before each of its calls. */
class LockProcess {
  /** 'starts'; 'idle', 'holds' or 'refused' as last reported; or 'acts' between two reports. */
  state = 'starts'
  readonly traced: Traced

  constructor(at: string, env: NodeJS.ProcessEnv = {}) {
    this.traced = new Traced(at, [script, join(at, 'model')], env)
  }

  /** Waits until it has stopped before its next call. */
  private async arrive(): Promise<void> {
    const call = await this.traced.next()
    if (!call) throw new Error((await this.traced.ended).stderr)
    this.state = /^(idle|holds|refused)$/.test(call.path) ? call.path : 'acts'
  }

  /** Lets it make one call. */
  async step(): Promise<void> {
    if (this.state !== 'starts') this.traced.answer('go')
    await this.arrive()
  }

  /** Lets it run to its next report, but for at most `calls` calls. @returns its state */
  async go(calls = Infinity): Promise<string> {
    for (let i = 0; i < calls; i++) {
      await this.step()
      if (this.state !== 'acts') break
    }
    return this.state
  }

  /** Lets it run until it is idle. */
  async untilIdle(): Promise<void> {
    while (this.state !== 'idle') await this.go()
  }

  async kill(): Promise<void> {
    this.traced.child.kill('SIGKILL')
    await this.traced.ended
  }
}

/** Runs a test with idle processes in a new folder, and ends the processes afterwards. */
async function withProcesses(
  count: number,
  run: (processes: LockProcess[], at: string) => Promise<void>,
): Promise<void> {
  const at = join(folder, String(homes++))
  mkdirSync(at)
  // The second one's clock is an hour ahead, as if there were a long delay between two calls.
  const processes = Array.from({ length: count }, (_, i) => {
    return new LockProcess(at, { TRACED_AHEAD: String(i === 1 ? 3_600_000 : 0) })
  })
  try {
    for (const each of processes) await each.untilIdle()
    await run(processes, at)
  } finally {
    for (const each of processes) await each.kill()
  }
}

/** Leaves the lock of a process that was killed while holding it. @returns its pid */
async function abandon(at: string, env: NodeJS.ProcessEnv = {}): Promise<number> {
  const holder = new LockProcess(at, env)
  await holder.untilIdle()
  expect(await holder.go()).toBe('holds')
  await holder.kill()
  return holder.traced.child.pid!
}

describe('a lock', () => {
  test('exists while the file is held, and is removed afterwards', () =>
    withProcesses(2, async ([a, b], at) => {
      expect(await a!.go()).toBe('holds')
      expect(readdirSync(at)).not.toEqual([])
      expect(await b!.go()).toBe('refused')
      await a!.untilIdle()
      expect(readdirSync(at)).toEqual([])
      await b!.untilIdle()
      expect(await b!.go()).toBe('holds')
      expect(await a!.go()).toBe('refused')
    }))

  test.each(['EPERM', 'EACCES'])('is respected if looking for its process fails with %s', (code) =>
    withProcesses(1, async ([a], at) => {
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

  test('of an ended process is replaced', () =>
    withProcesses(1, async ([a], at) => {
      await abandon(at)
      expect(readdirSync(at)).not.toEqual([])
      expect(await a!.go()).toBe('holds')
      await a!.untilIdle()
      expect(readdirSync(at)).toEqual([])
    }))

  test('of a process on another machine is respected, even if no process here has its pid', () =>
    withProcesses(1, async ([a], at) => {
      await abandon(at, { TRACED_HOST: 'elsewhere' })
      const left = readdirSync(at, { recursive: true })
      expect(await a!.go()).toBe('refused')
      expect(readdirSync(at, { recursive: true })).toEqual(left)
    }))

  test('of an ended process is replaced, even if another process now has its pid', () =>
    withProcesses(1, async ([a], at) => {
      const pid = await abandon(at)
      // The pid of a running process, which has another start time.
      const names = readdirSync(at, { recursive: true, encoding: 'utf8' })
      const entry = names.find((name) => name.includes(String(pid)))!
      const renamed = entry.replace(String(pid), String(process.pid))
      renameSync(join(at, entry), join(at, renamed))
      expect(await a!.go()).toBe('holds')
    }))

  test('that another process emptied before the rename is created again', () =>
    withProcesses(2, async ([a, b], at) => {
      const last = () => a!.traced.calls.at(-1)!
      while (last().name !== 'renameSync') await a!.step()
      // As if another process, taking the folder for a leftover, had been killed while removing it.
      for (const entry of readdirSync(join(at, last().path))) {
        rmSync(join(at, last().path, entry), { recursive: true })
      }
      expect(await a!.go()).toBe('holds')
      expect(await b!.go()).toBe('refused')
    }))

  test('of a process that was killed at any call is replaced', async () => {
    for (let calls = 1; ; calls++) {
      let [held, over] = [false, false]
      await withProcesses(2, async ([a, b], at) => {
        for (let i = 0; i < calls && !over; i++) {
          await a!.step()
          held ||= a!.state === 'holds'
          over = held && a!.state === 'idle'
        }
        await a!.kill()
        expect(await b!.go()).toBe('holds')
        await b!.untilIdle()
        expect(readdirSync(at)).toEqual([])
      })
      if (over) break
    }
  })
})

/** Expects at most one of them to hold the file, and no lock after all are idle. */
async function expectOne(processes: LockProcess[], at: string, story: string): Promise<void> {
  for (const each of processes) if (each.state === 'acts') await each.go()
  const states = processes.map(({ state }) => state)
  expect(states.filter((state) => state === 'holds').length, `${story}: ${states}`).toBeLessThan(2)
  for (const each of processes) await each.untilIdle()
  expect(readdirSync(at), story).toEqual([])
}

describe('two processes never hold a lock at the same time', { timeout: 120_000 }, () => {
  /** A folder with the lock of a killed process. */
  const leftover = join(folder, 'leftover')
  const leave = (at: string) => cpSync(leftover, at, { recursive: true })
  /** The number of calls it takes to lock the file if there is such a lock. */
  let most = 0

  beforeAll(async () => {
    mkdirSync(leftover)
    await abandon(leftover)
    await withProcesses(1, async ([a], at) => {
      leave(at)
      const before = a!.traced.calls.length
      expect(await a!.go()).toBe('holds')
      most = a!.traced.calls.length - before
    })
    expect(most).toBeGreaterThan(4)
  })

  test.each([
    ['a free file', false],
    ['a file with the lock of a killed process', true],
  ])('two processes lock %s, each delayed at any call', (_, left) =>
    withProcesses(2, async ([a, b], at) => {
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

  test('one is delayed at any two calls, a second replaces the old lock, and a third tries', () =>
    withProcesses(3, async ([a, b, c], at) => {
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

  test('three run in random turns, also with locks of killed processes', () =>
    withProcesses(3, async (processes, at) => {
      const random = new Random(1)
      let [held, refused] = [0, 0]
      for (let round = 0; round < 600; round++) {
        if (round % 20 === 0) {
          for (const each of processes) await each.untilIdle()
          expect(readdirSync(at)).toEqual([])
          leave(at)
        }
        const next = processes[Math.floor(3 * random.random())]!
        const calls = 1 + Math.floor(most * random.random())
        const state = await next.go(calls)
        if (state === 'holds') held++
        if (state === 'refused') refused++
        const holders = processes.filter((each) => each.state === 'holds').length
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

describe('an entry without a start time, as of a system that does not tell it', () => {
  /** Locks next to the folder of another process's lock. */
  function besides(name: string, entry: string) {
    const path = join(folder, `${name}.lock`)
    mkdirSync(join(path, entry), { recursive: true })
    return () => lock(path, name)
  }

  test('of a running process holds the lock', () => {
    const call = besides('running', `${process.ppid}--${hostname()}`)
    expect(call).toThrow(`process ${process.ppid} writes to running`)
  })

  test('of a process that has ended does not', () => {
    const { pid } = spawnSync(process.execPath, ['--version'])
    besides('ended', `${pid}--${hostname()}`)()()
    expect(readdirSync(folder)).not.toContain('ended.lock')
  })
})
