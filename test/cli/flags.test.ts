/** The flags of each command by their names, and the values that they take. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  EXPORT_FLAGS,
  type Flag,
  INSPECT_FLAGS,
  SAMPLE_FLAGS,
  TRAIN_FLAGS,
} from '../../src/cli/flags.js'
import { commandHelp } from '../../src/cli/help.js'
import { inProcess } from './in-process.js'
import { nearest } from '../../src/cli/nearest.js'
import { type Flags, parseFlags } from '../../src/cli/parse.js'
import { SmoothedLoss } from '../../src/cli/smoothed.js'
import { choice, dataSettings, modelSettings, threadsOf, whole } from '../../src/cli/settings.js'
import { textTable } from '../../src/cli/table.js'
import { jsonLine, visible, visibleLines } from '../../src/cli/visible.js'

const FIELDS = `steps N (num-steps), n-embd N, n-head N, n-layer N, block-size N, init-std X,
  [no-]zero-init-projections, activation relu|relu2|gelu, learning-rate X, beta1 X, beta2 X,
  eps-adam X, lr-schedule cosine|linear|constant, warmup-steps N, batch-size N, temperature X,
  weight-decay X, grad-clip X|off`
const READING = 'column NAME, field NAME, encoding NAME, encoding-errors strict|replace'
const MODEL = `preset tutorial|gist|small|medium, data FILE|URL|-, mode docs|text, val-fraction F,
  ${READING}, seed N, ${FIELDS}`
const ENGINE = 'engine wasm|value|typed, fast, threads auto|N'

afterEach(() => void vi.unstubAllEnvs())

/** A flag as it is written above: its name, what it takes, and its other name. */
const written = ({ name, value, negatable, alias }: Flag) =>
  (negatable ? '[no-]' : '') + name + (value ? ` ${value}` : '') + (alias ? ` (${alias})` : '')

test.each([
  [
    'train',
    TRAIN_FLAGS,
    `${MODEL}, ${ENGINE}, eval-every N, out FILE, overwrite, save-every N, resume FILE, fresh, widen,
     samples N, log-every N, quiet, json, debug, help`,
  ],
  [
    'sample',
    SAMPLE_FLAGS,
    `model FILE, widen, count N (samples), prompt TEXT, length N, top-k K, ${MODEL}, ${ENGINE}, quiet,
     json, debug, help`,
  ],
  ['inspect', INSPECT_FLAGS, `vocab-size N, ${MODEL}, json, debug, help`],
  [
    'export',
    EXPORT_FLAGS,
    `pytorch DIR, data FILE|URL|-, ${READING}, onnx FILE, float32, debug, help`,
  ],
])('of %s', (_, flags, list) => {
  expect(flags.map(written)).toEqual(list.split(/,\s+/))
})

test.each([
  ['train', TRAIN_FLAGS],
  ['export', EXPORT_FLAGS],
])('%s --help has the whole text of each flag, in two columns', async (command, flags) => {
  const { lines } = await inProcess(command, '--help')
  const texts: string[] = []
  for (const line of lines) {
    // Beside a long name there is no text.
    if (/^ {2}--/.test(line)) texts.push(line.slice(28, 30) === '  ' ? line.slice(30) : '')
    else if (texts.length > 0 && /^ {30}\S/.test(line)) texts.push(`${texts.pop()} ${line.trim()}`)
  }
  expect(texts.map((text) => text.trim())).toEqual(flags.map(({ about }) => about))
})

test.each([
  [28, `  --${'a'.repeat(24)}  what it does`],
  [29, `  --${'a'.repeat(25)}\n${' '.repeat(30)}what it does`],
])('in the help a name of %i columns has its text beside or below it', (columns, lines) => {
  const flags = [{ name: 'a'.repeat(columns - 4), about: 'what it does' }]
  const command = { about: 'make a model', flags, examples: ['make'] }
  expect(commandHelp('make', command)).toContain(`${lines}\n\nexamples:`)
})

describe('words to flags', () => {
  const TABLE: Flag[] = [
    { name: 'steps', value: 'N', alias: 'num-steps', about: '' },
    { name: 'zero-init', negatable: true, about: '' },
    { name: 'data', value: 'FILE', about: '' },
    { name: 'json', about: '' },
  ]
  const parse = (line: string, operand?: string) =>
    Object.fromEntries(parseFlags('make', TABLE, line.split(' '), operand))

  test.each<[string, Record<string, string | boolean>, string?]>([
    ['--steps 3', { steps: '3' }],
    ['--num_steps=3', { steps: '3' }],
    ['--num-steps -3', { steps: '-3' }],
    ['--steps=--json', { steps: '--json' }],
    ['--data --other', { data: '--other' }],
    ['--steps 3 --steps 4', { steps: '4' }],
    ['--zero-init', { 'zero-init': true }],
    ['--no-zero-init', { 'zero-init': false }],
    ['--no_zero_init --zero_init', { 'zero-init': true }],
    ['--json x.txt', { json: true, FILE: 'x.txt' }, 'FILE'],
    ['--nonsense --help', { help: true }],
    ['-h 5 6', { help: true }],
  ])('%s', (line, flags, operand) => expect(parse(line, operand)).toEqual(flags))

  const MORE = '; microgpt-wasm make --help lists the flags'
  test.each<[string, string, string?]>([
    ['--no-json', `there is no flag "--no-json"${MORE}`],
    ['--stpes 3', `there is no flag "--stpes" (did you mean --steps?)${MORE}`],
    ['-json', `there is no flag "-j"${MORE}`],
    ['--steps', `--steps needs a value: --steps N${MORE}`],
    ['--num_steps --json', `--num_steps needs a value: --num_steps N${MORE}`],
    ['--json=3', '--json takes no value, got "3"'],
    ['a b', `a flag begins with --, got "b"${MORE}`, 'FILE'],
    ['a', `a flag begins with --, got "a"${MORE}`],
    ['a.txt', `a flag begins with --, got "a.txt"; did you mean --data a.txt?${MORE}`],
    ['a/b', `a flag begins with --, got "a/b"; did you mean --data a/b?${MORE}`],
    ['a.safetensors', `a flag begins with --, got "a.safetensors"${MORE}`],
  ])('%s: %s', (line, message, operand) => {
    vi.stubEnv('npm_lifecycle_event', undefined)
    expect(() => parse(line, operand)).toThrow(expect.objectContaining({ message }))
  })

  test('npm is named where it has taken the flags away', () => {
    vi.stubEnv('npm_lifecycle_event', 'train')
    expect(() => parse('5')).toThrow('got "5" (npm run needs -- before the flags);')
  })

  test('a checkpoint without a flag is told the flag of the command', () => {
    const meant = (flags: readonly Flag[]) => () => parseFlags('make', flags, ['a.SafeTensors'])
    expect(meant(TRAIN_FLAGS)).toThrow('did you mean --resume a.SafeTensors?')
    expect(meant(SAMPLE_FLAGS)).toThrow('did you mean --model a.SafeTensors?')
  })
})

describe('flags to values', () => {
  const flags = (given: Record<string, string | boolean>): Flags => new Map(Object.entries(given))
  const model = (given: Record<string, string | boolean>) => modelSettings(flags(given))

  test.each<[string, number]>([
    ['3', 3],
    ['+3', 3],
    ['1e3', 1000],
    ['1E+3', 1000],
    ['5e0', 5],
    ['7.', 7],
    ['1000000000000', 1e12],
  ])('%s is the whole number %d', (text, value) => {
    expect(whole(flags({ n: text }), 'n', 3, null)).toBe(value)
  })

  test.each<[string, string]>([
    ['2', '--n must be a whole number from 3 to 1000000000000, got 2; try 3'],
    ['1e13', '--n must be a whole number from 3 to 1000000000000, got 10000000000000; try'],
    ['0x5', '--n must be a whole number from 3 to 1000000000000, got "0x5"; try 3'],
    [' 5', '--n must be a whole number from 3 to 1000000000000, got " 5"; try 3'],
    ['.', '--n must be a whole number from 3 to 1000000000000, got "."; try 3'],
    ['Infinity', '--n must be a whole number from 3 to 1000000000000, got "Infinity"; try 3'],
  ])('%j is refused', (text, message) => {
    expect(() => whole(flags({ n: text }), 'n', 3, null)).toThrow(message)
  })

  test('what is not given', () => {
    expect(whole(flags({}), 'n', 3, 'auto')).toBe('auto')
    expect(choice(flags({}), 'n', ['a', 'b'])).toBe('a')
    expect(choice(flags({ n: 'b' }), 'n', ['a', 'b'])).toBe('b')
    expect(() => choice(flags({ n: 'c' }), 'n', ['a', 'b'])).toThrow('--n must be one of a, b, got')
    expect([{}, { threads: 'auto' }, { threads: '1' }].map((f) => threadsOf(flags(f)))).toEqual([
      ...['auto', 'auto', 1],
    ])
    expect(model({})).toEqual({
      ...{ preset: 'tutorial', config: {}, seed: 42n, mode: undefined, valFraction: undefined },
      data: { source: undefined, encoding: 'utf-8', errors: 'strict' },
    })
  })

  test('what is given', () => {
    const given = { preset: 'gist', seed: '-7', mode: 'text', 'val-fraction': '.5', data: 'a' }
    const more = { 'grad-clip': 'off', 'n-embd': '8', 'zero-init-projections': false, field: 'x' }
    const other = { encoding: 'utf-16le', 'encoding-errors': 'replace', activation: 'gelu' }
    expect(model({ ...given, ...more, ...other })).toEqual({
      ...{ preset: 'gist', seed: -7n, mode: 'text', valFraction: 0.5 },
      config: { grad_clip: null, n_embd: 8, zero_init_projections: false, activation: 'gelu' },
      data: { source: 'a', encoding: 'utf-16le', errors: 'replace', field: 'x' },
    })
    expect(model({ data: 'a', column: 'x' }).data).toMatchObject({ column: 'x' })
  })

  test.each<[Record<string, string>, string]>([
    [{ seed: '' }, '--seed must be a whole number, got ""; try 42'],
    [{ seed: '1e3' }, '--seed must be a whole number, got "1e3"; try 42'],
    [{ 'val-fraction': '1' }, '--val-fraction must be a number from 0 below 1, got 1; try 0.1'],
    [{ mode: 'lines' }, '--mode must be one of docs, text, got "lines"; try docs'],
    [{ 'n-embd': 'off' }, '--n-embd must be a whole number from 1 to 65536, got "off"; try 16'],
    [{ column: 'a', field: 'b', data: 'c' }, '--column is for tables and --field for JSON Lines'],
    ...['column', 'field', 'encoding', 'encoding-errors'].map(
      (name): [Record<string, string>, string] => [
        { [name]: name === 'encoding' ? 'utf-8' : 'strict' },
        `--${name} needs --data FILE; give both`,
      ],
    ),
  ])('%j: %s', (given, message) => expect(() => model(given)).toThrow(message))

  test('standard input is a source', () => {
    expect(dataSettings(flags({ data: '-' })).source).toBe('-')
  })
})

test.each<[string, string[], string | undefined]>([
  ['ab', ['ba', 'xy'], 'ba'],
  ['abcdef', ['abxdeyz', 'abxdey'], 'abxdey'],
  ['abc', ['xyc'], 'xyc'],
  ['abc', ['xyz'], undefined],
  ['abcdefghi', ['abcdefxyz'], 'abcdefxyz'],
  ['abcdefghi', ['abcdewxyz'], undefined],
  ['ab', ['', 'a'], 'a'],
  ['', ['ab', 'abc'], 'ab'],
  ['steps', ['tseps', 'stepss'], 'tseps'],
  ['ca', ['abc'], undefined],
  ['x'.repeat(40), ['x'.repeat(39)], 'x'.repeat(39)],
  ['x'.repeat(41), ['x'.repeat(41)], undefined],
])('%s of %j is near %s', (name, names, want) => expect(nearest(name, names)).toBe(want))

test('control characters are shown; a JSON line is one line', () => {
  const text = 'a\0\t\n\x1f\x7f\x80\x9f\u2028é😀'
  expect(visible(text)).toBe('a\\x00\\x09\\x0a\\x1f\\x7f\\x80\\x9f\u2028é😀')
  expect(visibleLines(text)).toBe('a\\x00\t\n\\x1f\\x7f\\x80\\x9f\u2028é😀')
  expect(jsonLine({ text })).toBe(
    '{"text":"a\\u0000\\t\\n\\u001f\\u007f\\u0080\\u009f\\u2028é😀"}\n',
  )
})

test('a smoothed loss is a weighted mean, the last weighing most', () => {
  const smoothed = new SmoothedLoss()
  for (const loss of [1, 2, 4]) smoothed.add(loss)
  const weights = [0.95 ** 2, 0.95, 1]
  const sum = weights[0]! + 2 * weights[1]! + 4 * weights[2]!
  expect(smoothed.value).toBeCloseTo(sum / (weights[0]! + weights[1]! + weights[2]!), 12)
})

test.each<[number, string]>([
  [20, 'name    count\nab          7\nlonger     12\n'],
  [13, 'name    count\nab          7\nlonger     12\n'],
  [12, 'name    cou…\nab         …\nlonger     …\n'],
  [1, '…\n…\n…\n'],
])('a table of %i columns', (width, want) => {
  const columns = [{ title: 'name' }, { title: 'count', align: 'right' as const }]
  const rows = [
    ['ab', '7'],
    ['longer', '12'],
  ]
  expect(textTable(columns, rows, width)).toBe(want)
})
