/** The sentence for each kind of error. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ConfigError, MicroGPTError } from '../../src/index.js'
import { UsageError, complainOf, exitCode } from '../../src/cli/exit.js'

/** What is written for an error. */
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

describe('an error is one sentence', () => {
  test.each([
    ['of the package', new MicroGPTError('no docs'), 'no docs'],
    ['of the command line', new UsageError('no such flag'), 'no such flag'],
    ['of a field: with its flag', new ConfigError('n_embd', 0, 'n_embd 0'), 'n_embd 0'],
    ['of a value that is no flag', new ConfigError('docs', 0, 'no docs'), 'no docs'],
    [
      'of an array that does not fit',
      new RangeError('Array buffer allocation failed'),
      'the model does not fit into memory (Array buffer allocation failed); make it smaller',
    ],
    [
      'of the program itself',
      new TypeError('x is undefined'),
      'this should not have happened: TypeError: x is undefined; run again with --debug and report the stack',
    ],
    [
      'that is none',
      'oops',
      'this should not have happened: oops; run again with --debug and report the stack',
    ],
  ])('%s', (_name, error, sentence) => {
    expect(told(error)).toBe(`microgpt-wasm: ${sentence}\n`)
  })

  test('and with debug its stack and its cause', () => {
    const error = new MicroGPTError('no core', { cause: new Error('ENOENT') })
    const lines = told(error, true).split('\n')
    expect(lines[0]).toBe('microgpt-wasm: no core')
    expect(lines[1]).toContain('no core')
    expect(lines.some((line) => line === 'Error: ENOENT')).toBe(true)
  })
})

test('what the command line got wrong is 2, what went wrong while running 1', () => {
  expect(exitCode(new UsageError('no such flag'))).toBe(2)
  expect(exitCode(new ConfigError('n_embd', 0, 'n_embd 0'))).toBe(2)
  expect(exitCode(new MicroGPTError('no docs'))).toBe(1)
  expect(exitCode('oops')).toBe(1)
})
