/** Exit codes, and error messages: one sentence per error. */
import { ConfigError, MicroGPTError } from '../errors.js'
import { visible } from './visible.js'

export const PROGRAM = 'microgpt-wasm'

/** The command line is wrong: an unknown command or flag, a bad value or a conflict. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** 2 for an error in the command line, 1 for an error while running. */
export function exitCode(error: unknown): number {
  // Every config field comes from a flag, so a wrong field means a wrong flag.
  return error instanceof UsageError || error instanceof ConfigError ? 2 : 1
}

/** Writes a line to stderr. Ignores a closed stderr: the exit code must stay as it is. */
export function complain(sentence: string): void {
  process.stderr.once('error', () => {})
  process.stderr.write(`${PROGRAM}: ${visible(sentence)}\n`)
}

/** Prints an error; with `debug`, also its stack and that of its cause. */
export function complainOf(error: unknown, debug: boolean): void {
  complain(sentenceOf(error))
  if (!debug || !(error instanceof Error)) return
  const stacks = [error, error.cause].map((each) => (each instanceof Error ? each.stack : '') ?? '')
  const lines = stacks.filter(Boolean).flatMap((stack) => stack.split('\n'))
  process.stderr.write(lines.map((line) => `${visible(line)}\n`).join(''))
}

function sentenceOf(error: unknown): string {
  if (error instanceof UsageError || error instanceof MicroGPTError) return error.message
  // V8 throws this when a reference engine allocates an array that is too large.
  if (error instanceof RangeError && /array|allocat/i.test(error.message)) {
    return `the model does not fit into memory (${error.message}); make it smaller`
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return `this should not have happened: ${what}; run again with --debug and report the stack`
}
