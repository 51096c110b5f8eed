/** Measurements in processes of their own. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { freemem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { machine } from './machine.js'

const run = promisify(execFile)
const measure = fileURLToPath(new URL('./measure.js', import.meta.url))
const pythonProgram = fileURLToPath(new URL('../test/golden/make.py', import.meta.url))

/**
 * What one measurement gives; measures.ts says which there are.
 * @param rest the preset, the size or whatever else this one is of
 * @throws {Error} when the process fails, with what it said
 */
async function child<T>(engine: string, what: string, rest: string): Promise<T> {
  const { stdout } = await run(process.execPath, [measure, engine, what, rest])
  return JSON.parse(stdout) as T
}

export interface PythonTimes {
  secondsPerStep: number
  losses: number[]
}

/** CPython's own times, or null when there is no python3 or no program for it (an installed package). */
async function cpython(preset: string, steps: number): Promise<PythonTimes | null> {
  if (!existsSync(pythonProgram)) return null
  const args = [pythonProgram, '--time', `${steps}`, '--preset', preset]
  const done = await run('python3', args).catch(() => null)
  return done && (JSON.parse(done.stdout) as PythonTimes)
}

/** Where the figures come from. Tests put processes of known figures here. */
export interface Processes {
  child: typeof child
  cpython: typeof cpython
  /** The machine in one line. */
  machine(): string
  /** Bytes of memory that are free. */
  freeBytes(): number
}

export const PROCESSES: Processes = { child, cpython, machine, freeBytes: freemem }
