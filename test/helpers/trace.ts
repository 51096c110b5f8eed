/** Runs a program, and answers each of its file system calls. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import type { Ended } from '../cli/ended.js'
import { environment, ended } from '../cli/program.js'

export const CLI = fileURLToPath(new URL('../../build/cli.js', import.meta.url))

/** A call of node:fs, with its paths below the traced folder. */
export interface Call {
  name: string
  path: string
  /** The other path of a rename or a link. */
  to?: string
}

/** "go", "short" for a write of half the bytes, or the code of an error that the call throws. */
export type Answer = string

export interface Ran extends Ended {
  calls: Call[]
}

/** Answers a call; the process waits until then. */
export type Decide = (call: Call, index: number, child: ChildProcess) => Answer | void

const scripts = mkdtempSync(join(tmpdir(), 'microgpt-traced-'))
process.on('exit', () => rmSync(scripts, { recursive: true, force: true }))
const tracer = bundled(new URL('./tracer.ts', import.meta.url))

/** Compiles a module to a script, for a process that cannot load TypeScript. @returns its path */
export function bundled(module: URL): string {
  const entry = fileURLToPath(module)
  const outfile = join(scripts, `${entry.replace(/^.*[\\/]|\.ts$/g, '')}.mjs`)
  const options = { bundle: true, format: 'esm', platform: 'node' } as const
  esbuild.buildSync({ ...options, entryPoints: [entry], outfile })
  return outfile
}

/** A process that stops before each of its calls. */
export class Traced {
  readonly child: ChildProcess
  readonly calls: Call[] = []
  readonly ended: Promise<Ended>
  private readonly channel: Duplex
  private readonly waiting: ((call: Call | null) => void)[] = []
  private readonly told: (Call | null)[] = []

  /**
   * @param env for the tracer: TRACED_HOST is the name of the machine, TRACED_KILL the error of
   *   looking for a process, TRACED_AHEAD milliseconds by which the clock is wrong, TRACED_PLATFORM
   *   the operating system that the process believes in
   */
  constructor(folder: string, words: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, ['--import', tracer, ...words], {
      env: { ...environment(), TRACED_FOLDER: folder, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    this.ended = ended(this.child)
    this.channel = this.child.stdio[3] as Duplex
    let text = ''
    this.channel.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop()!
      for (const each of lines) this.hear(JSON.parse(each) as Call)
    })
    // A killed process resets its end.
    this.channel.on('error', () => {})
    this.channel.on('close', () => this.hear(null))
  }

  private hear(call: Call | null): void {
    if (call) this.calls.push(call)
    const next = this.waiting.shift()
    if (next) next(call)
    else this.told.push(call)
  }

  /** The next call of the process; null if it has ended. */
  next(): Promise<Call | null> {
    const call = this.told.shift()
    if (call !== undefined) return Promise.resolve(call)
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  answer(answer: Answer): void {
    this.channel.write(`${answer}\n`)
  }
}

/** Runs a process to its end. */
export async function trace(
  folder: string,
  words: readonly string[],
  decide: Decide = () => {},
  env?: NodeJS.ProcessEnv,
): Promise<Ran> {
  const traced = new Traced(folder, words, env)
  for (let i = 0; ; i++) {
    const call = await traced.next()
    if (call === null) break
    traced.answer(decide(call, i, traced.child) ?? 'go')
  }
  return { ...(await traced.ended), calls: traced.calls }
}
