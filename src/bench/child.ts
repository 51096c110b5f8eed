/** Measurements in separate processes. */
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
 * The result of one measurement of measures.ts.
 * @param rest the preset, the size or another argument of the measurement
 * @throws {Error} if the process fails, with its message
 */
async function child<T>(engine: string, what: string, rest: string): Promise<T> {
  const { stdout } = await run(process.execPath, [measure, engine, what, rest])
  return JSON.parse(stdout) as T
}

export interface PythonTimes {
  secondsPerStep: number
  losses: number[]
}

/**
 * CPython's times, or null if there is no python3 or no program for it (in an installed package).
 */
async function cpython(preset: string, steps: number): Promise<PythonTimes | null> {
  if (!existsSync(pythonProgram)) return null
  const args = [pythonProgram, '--time', `${steps}`, '--preset', preset]
  const done = await run('python3', args).catch(() => null)
  return done && (JSON.parse(done.stdout) as PythonTimes)
}

/** The source of the figures. Tests replace it with known figures. */
export interface Processes {
  child: typeof child
  cpython: typeof cpython
  /** The machine in one line. */
  machine(): string
  /** Free memory, in bytes. */
  freeBytes(): number
}

export const PROCESSES: Processes = { child, cpython, machine, freeBytes: freemem }
