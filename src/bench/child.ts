/** Measurements in processes of their own. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const measure = fileURLToPath(new URL('./measure.js', import.meta.url))

/**
 * What one measurement gives; measure.ts says which there are.
 * @param rest the preset, the size or whatever else this one is of
 * @throws {Error} when the process fails, with what it said
 */
export async function child<T>(engine: string, what: string, rest: string): Promise<T> {
  const { stdout } = await run(process.execPath, [measure, engine, what, rest])
  return JSON.parse(stdout) as T
}
