/** Runs the built program as a child process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../build/cli.js', import.meta.url))

export interface Ended {
  code: number | null
  /** The signal that killed it; null if it exited. */
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  lines: string[]
}

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

/** Runs the program with these arguments. */
export const cli = (...args: string[]): Promise<Ended> => ended(start(args))

/** The parsed output of a --json run. */
export const objects = ({ lines }: Ended): Record<string, unknown>[] =>
  lines.map((line) => JSON.parse(line))
