/** The message and the exit code for each kind of error. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ConfigError, MicroGPTError } from '../../src/index.js'
import { UsageError, complainOf, exitCode } from '../../src/cli/exit.js'

/** The text that is written to stderr for an error. */
function told(error: unknown, debug = false): string {
  let text = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((part) => {
    text += part
    return true
  })
  complainOf(error, debug)
  return text
}
afterEach(() => {
  vi.restoreAllMocks()
})

describe('an error is printed as one line', () => {
  test.each([
    ['an error of the package', new MicroGPTError('no docs'), 'no docs'],
    ['an error of the command line', new UsageError('no such flag'), 'no such flag'],
    ['an error of a config field', new ConfigError('n_embd', 0, 'n_embd 0'), 'n_embd 0'],
    ['an error of an option without a flag', new ConfigError('docs', 0, 'no docs'), 'no docs'],
    [
      'an array that does not fit into memory',
      new RangeError('Array buffer allocation failed'),
      'the model does not fit into memory (Array buffer allocation failed); make it smaller',
    ],
    [
      'a bug of the program',
      new TypeError('x is undefined'),
      'this should not have happened: TypeError: x is undefined; run again with --debug and report the stack',
    ],
    [
      'a thrown value that is not an Error',
      'oops',
      'this should not have happened: oops; run again with --debug and report the stack',
    ],
  ])('%s', (_name, error, sentence) => {
    expect(told(error)).toBe(`microgpt-wasm: ${sentence}\n`)
  })

  test('with debug, the stacks of the error and its cause follow', () => {
    const error = new MicroGPTError('no core', { cause: new Error('ENOENT') })
    const lines = told(error, true).split('\n')
    expect(lines[0]).toBe('microgpt-wasm: no core')
    expect(lines[1]).toContain('no core')
    expect(lines.some((line) => line === 'Error: ENOENT')).toBe(true)
  })
})

test('the exit code is 2 for wrong usage and 1 for an error while running', () => {
  expect(exitCode(new UsageError('no such flag'))).toBe(2)
  expect(exitCode(new ConfigError('n_embd', 0, 'n_embd 0'))).toBe(2)
  expect(exitCode(new MicroGPTError('no docs'))).toBe(1)
  expect(exitCode('oops')).toBe(1)
})
