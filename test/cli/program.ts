/** Runs the built program as a child process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Ended } from './ended.js'

const CLI = fileURLToPath(new URL('../../build/cli.js', import.meta.url))

/** The environment for the program. */
export function environment(): NodeJS.ProcessEnv {
  // One message differs if npm has set this variable.
  const { npm_lifecycle_event: _, ...env } = process.env
  return env
}

export function start(args: readonly string[]): ChildProcess {
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
  return spawn(process.execPath, [CLI, ...args], { env: environment(), stdio })
}

/** Waits until a child ends. @returns its output from now on, and how it ended */
export function ended(child: ChildProcess): Promise<Ended> {
  const text = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]!.setEncoding('utf8').on('data', (chunk: string) => (text[stream] += chunk))
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const lines = text.stdout.split('\n').slice(0, -1)
      resolve({ code, signal, ...text, lines })
    })
  })
}

/**
 * Waits until a run has begun and has filled its pipe, which is not read: it sleeps each time we look.
 * (A busy machine may stop it for long, but then it is ready to run.)
 */
export async function stalled(child: ChildProcess): Promise<void> {
  await new Promise((resolve) => child.stdout!.once('readable', resolve))
  const stat = `/proc/${child.pid}/stat`
  if (!existsSync(stat)) return setTimeout(1500)
  for (let asleep = 0; asleep < 20; await setTimeout(25)) {
    asleep = / S /.test(readFileSync(stat, 'latin1')) ? asleep + 1 : 0
  }
}

/**
 * Sends a signal until a child exits. A busy machine may deliver a signal late, so that the next one
 * comes within a second of it and is ignored.
 */
export async function killUntilExit(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exit = new Promise((resolve) => child.on('exit', resolve))
  for (let over = false; !over;) {
    child.kill(signal)
    over = await Promise.race([exit.then(() => true), setTimeout(1500, false)])
  }
}

/** Runs the program with these arguments. */
export const cli = (...args: string[]): Promise<Ended> => ended(start(args))
