/** The program in this process: quicker than the built one, and with the same words and texts. */
import { vi } from 'vitest'
import { run } from '../../src/cli/run.js'
import type { Ended } from './ended.js'

/** Emitters that the program listens to. */
const EMITTERS: readonly NodeJS.EventEmitter[] = [process, process.stdout, process.stderr]
const EVENTS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'error'] as const

let last: Promise<unknown> = Promise.resolve()

/** Runs the program with some words, one run after the other. It must not end the process. */
export function inProcess(...args: string[]): Promise<Ended> {
  const ended = last.then(() => runNow(args))
  last = ended.catch(() => {})
  return ended
}

async function runNow(args: string[]): Promise<Ended> {
  const text = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((part) => {
      text[stream] += String(part)
      return true
    }),
  )
  const npm = process.env['npm_lifecycle_event']
  delete process.env['npm_lifecycle_event']
  const before = EMITTERS.map((emitter) => EVENTS.map((event) => emitter.listeners(event)))
  try {
    const code = await run(args)
    return { code, signal: null, ...text, lines: text.stdout.split('\n').slice(0, -1) }
  } finally {
    EMITTERS.forEach((emitter, i) =>
      EVENTS.forEach((event, j) => {
        for (const listener of emitter.listeners(event)) {
          if (!before[i]![j]!.includes(listener)) emitter.off(event, listener as () => void)
        }
      }),
    )
    if (npm !== undefined) process.env['npm_lifecycle_event'] = npm
    for (const spy of spies) spy.mockRestore()
  }
}
