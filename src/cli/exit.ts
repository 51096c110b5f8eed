/** How the program ends: its exit codes, and any error as one sentence. */
import { ConfigError, MicroGPTError } from '../errors.js'
import { visible } from './visible.js'

export const PROGRAM = 'microgpt-wasm'

/** The command line asks for something that there is not. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** 2 for what the command line got wrong, 1 for what went wrong while running. */
export function exitCode(error: unknown): number {
  // A config is made of flags here, so that a wrong field is a wrong flag.
  return error instanceof UsageError || error instanceof ConfigError ? 2 : 1
}

/** Writes a line to stderr, whether or not anybody still reads it: the exit code counts. */
export function complain(sentence: string): void {
  process.stderr.once('error', () => {})
  process.stderr.write(`${PROGRAM}: ${visible(sentence)}\n`)
}

/** Tells of an error; with `debug`, its stack and its cause's too. */
export function complainOf(error: unknown, debug: boolean): void {
  complain(sentenceOf(error))
  if (!debug || !(error instanceof Error)) return
  const stacks = [error, error.cause].map((each) => (each instanceof Error ? each.stack : '') ?? '')
  const lines = stacks.filter(Boolean).flatMap((stack) => stack.split('\n'))
  process.stderr.write(lines.map((line) => `${visible(line)}\n`).join(''))
}

function sentenceOf(error: unknown): string {
  if (error instanceof UsageError || error instanceof MicroGPTError) return error.message
  // What V8 throws when a twin asks for an array that it cannot have.
  if (error instanceof RangeError && /array|allocat/i.test(error.message)) {
    return `the model does not fit into memory (${error.message}); make it smaller`
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return `this should not have happened: ${what}; run again with --debug and report the stack`
}
