/** The built program as a child process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Ended } from './ended.js'

const CLI = fileURLToPath(new URL('../../build/cli.js', import.meta.url))

/** The environment of the program. */
export function environment(): NodeJS.ProcessEnv {
  // npm leaves a trace in the environment that changes one of the messages.
  const { npm_lifecycle_event: _, ...env } = process.env
  return env
}

export function start(args: readonly string[]): ChildProcess {
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
  return spawn(process.execPath, [CLI, ...args], { env: environment(), stdio })
}

/** All that a child still writes, and how it ends. */
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

/** Runs the program with some words. */
export const cli = (...args: string[]): Promise<Ended> => ended(start(args))
