/** Errors in the command line, --help, --version, and the flags of config fields. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { FIELDS } from '../../src/config/hyperparameters.js'
import { EXPORT_FLAGS, INSPECT_FLAGS, SAMPLE_FLAGS, TRAIN_FLAGS } from '../../src/cli/flags.js'
import { parseFlags } from '../../src/cli/parse.js'
import { modelSettings } from '../../src/cli/settings.js'
import { inProcess } from './in-process.js'
import { cli } from './program.js'

describe('wrong usage gives exit code 2 and a one-line message', () => {
  const HELP = '; microgpt-wasm train --help lists the flags'
  const WHOLE = 'must be a whole number'
  test.each([
    ['', 'a command comes first (train, sample, inspect, export, bench or web), got nothing; '],
    [
      '--json train',
      'a command comes first (train, sample, inspect, export, bench or web), got "--json"; ',
    ],
    ['trian', 'there is no command "trian" (did you mean train?); microgpt-wasm --help says more'],
    ['fly', 'there is no command "fly" (train, sample, inspect, export, bench or web); '],
    ['train --stesp 3', `there is no flag "--stesp" (did you mean --steps?)${HELP}`],
    ['train --lerning_rate 3', 'there is no flag "--lerning_rate" (did you mean --learning_rate?)'],
    ['train --xyzzy', `there is no flag "--xyzzy"${HELP}`],
    ['train -s', 'there is no flag "-s"; '],
    ['train --head-dim 4', 'there is no flag "--head-dim"'],
    ['train --steps', `--steps needs a value: --steps N${HELP}`],
    ['train --steps --json', '--steps needs a value: --steps N'],
    ['train 5', `a flag begins with --, got "5"${HELP}`],
    ['train -- 5', 'a flag begins with --, got "5"'],
    ['train --json=1', '--json takes no value, got "1"'],
    ['train --steps abc', `--steps ${WHOLE} from 1 to 1000000000000, got "abc"; try 500`],
    ['train --steps=', `--steps ${WHOLE} from 1 to 1000000000000, got ""; try 500`],
    ['train --steps 1.5', `--steps ${WHOLE} from 1 to 1000000000000, got 1.5; try 2`],
    ['train --steps 0x10', '--steps must be a whole number'],
    ['train --n_embd 18', '--n-embd (18) must be divisible by --n-head (4); try 16 or 20'],
    ['train --n-layer 0', `--n-layer ${WHOLE} from 1 to 1024, got 0; try 1`],
    ['train --learning-rate fast', '--learning-rate must be a number from 0 to 1000, got "fast"'],
    [
      'train --activation swish',
      '--activation must be one of relu, relu2, gelu, got "swish"; try relu2',
    ],
    [
      'train --grad-clip 0',
      '--grad-clip must be a number above 0 to 1e+300, or off, got 0; try off',
    ],
    [
      'train --preset big',
      '--preset must be one of tutorial, gist, small, medium, got "big"; try tutorial',
    ],
    ['train --engine gpu', '--engine must be one of wasm, value, typed, got "gpu"; try wasm'],
    ['train --seed 1.5', '--seed must be a whole number, got "1.5"; try 42'],
    [
      'train --samples -1',
      '--samples must be a whole number from 0 to 1000000000000, got -1; try 0',
    ],
    ['train --log-every 0', '--log-every must be a whole number from 1'],
    ['train --prompt jo', 'there is no flag "--prompt"'],
    ['train --threads 0', '--threads must be a whole number from 1'],
    ['train --threads many', '--threads must be a whole number from 1 to'],
    [
      'train --threads 65',
      "--threads must be 'auto' or a whole number from 1 to 64, got 65; try 1",
    ],
    ['train --threads 2 --engine value', '--threads needs --engine wasm'],
    ['train --out x --engine value', '--out needs --engine wasm: the reference engines save no'],
    ['train --resume x --engine typed', '--resume needs --engine wasm: '],
    ['sample --model x --engine value', '--model needs --engine wasm: '],
    ['train --mode text --engine value', '--mode text needs --engine wasm: '],
    ['train --val-fraction 0.1 --engine value', '--val-fraction needs --engine wasm: '],
    ['train --fast --engine value', '--fast needs --engine wasm: '],
    ['train --fresh', '--fresh needs --resume FILE; give both or none'],
    ['train --widen', '--widen needs --resume or --model FILE; give both or none'],
    ['train --save-every 5', '--save-every needs --out FILE; give both or none'],
    ['train --resume x --overwrite', '--overwrite needs --out FILE; give both or none'],
    [
      'sample --model x --steps 3',
      '--steps is for training, and --model trains nothing; leave it out',
    ],
    ['sample --model x --val-fraction 0.1', '--val-fraction is for training, and --model trains'],
    ['sample --model x --threads 2', '--threads is for training, and --model trains nothing'],
    ['sample --top-k 0', '--top-k must be a whole number from 1'],
    ['sample --prompt j0 --steps 1', '--prompt "j0": the character "0" is not in the alphabet'],
    [
      'sample --prompt jojojojo',
      '--prompt takes at most 7 characters (block_size less one), got 8; shorten it or raise --block-size',
    ],
    ['sample --prompt jo --engine typed', '--prompt and --top-k need --engine wasm'],
    [
      'export',
      'export needs a checkpoint: microgpt-wasm export MODEL --onnx FILE or --pytorch DIR',
    ],
    ['export x', 'export needs a target: microgpt-wasm export MODEL --onnx FILE or --pytorch DIR'],
    [
      'export x --pytorch y --float32',
      '--float32 needs --onnx FILE: checkpoints are always float64',
    ],
    ['export x --onnx y --data z', '--data needs --pytorch DIR: an ONNX file has no data'],
    ['inspect --vocab-size 0', '--vocab-size must be a whole number from 1'],
    ['inspect --vocab-size 9 --data x', '--vocab-size plans without data; leave out one of it'],
  ])('%s', async (line, sentence) => {
    const { code, stdout, stderr } = await inProcess(...line.split(' ').filter(Boolean))
    expect(stderr.startsWith(`microgpt-wasm: ${sentence}`), stderr).toBe(true)
    expect(stderr.indexOf('\n'), 'one line').toBe(stderr.length - 1)
    expect([code, stdout]).toEqual([2, ''])
  })
})

test('--debug adds the stack', async () => {
  const { code, stderr } = await cli('train', '--steps', 'abc', '--debug')
  expect(code).toBe(2)
  expect(stderr).toMatch(/^microgpt-wasm: --steps must .*\n(.*\n)*    at /)
})

describe('help and version', () => {
  test('the help command prints the same as --help', async () => {
    expect((await cli('help')).stdout).toBe((await cli('--help')).stdout)
    expect((await cli('help', 'train')).stdout).toBe((await cli('train', '--help')).stdout)
    expect((await cli('help', 'bench')).stdout).toBe((await cli('bench', '--help')).stdout)
    const run = await cli('help', 'trian')
    expect([run.code, run.stderr]).toEqual([2, expect.stringMatching(/did you mean train/)])
  })

  test.each([
    [['--json', '/none/such.json'], /--json \/none\/such.json: there is no such folder/],
    [['--scaling', '--readme', 'none.md'], /--readme none.md: there is no such file/],
    [['--scaling', '--readme', 'package.json'], /--readme package.json: there is no place/],
  ])('bench %j fails before measuring', async (words, sentence) => {
    const began = performance.now()
    const run = await cli('bench', ...words)
    expect([run.code, run.stdout, run.stderr]).toEqual([2, '', expect.stringMatching(sentence)])
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('--version prints the version of package.json', async () => {
    const url = new URL('../../package.json', import.meta.url)
    const { version } = JSON.parse(readFileSync(url, 'utf8'))
    expect((await cli('--version')).stdout).toBe(`${version}\n`)
  })

  test('--help lists the commands', async () => {
    const { code, stdout } = await cli('--help')
    expect(code).toBe(0)
    for (const name of ['train', 'sample', 'inspect', 'export', 'bench'])
      expect(stdout).toContain(`  ${name} `)
  })

  test.each([
    ['train', TRAIN_FLAGS],
    ['sample', SAMPLE_FLAGS],
    ['inspect', INSPECT_FLAGS],
    ['export', EXPORT_FLAGS],
  ])('%s --help lists every flag, in 80 columns', async (name, flags) => {
    // With --help, errors in other flags are ignored.
    const { code, stdout, stderr, lines } = await inProcess(name, '--nonsense', '--help')
    expect([code, stderr]).toEqual([0, ''])
    const named = [...stdout.matchAll(/^  --(?:\[no-\])?([a-z0-9-]+)/gm)].map(([, flag]) => flag)
    expect(named).toEqual(flags.map((flag) => flag.name))
    const long = lines.filter((line) => line.length > 80 && !line.startsWith('  microgpt-wasm'))
    expect(long).toEqual([])
  })

  test('bench --help mentions bench', async () => {
    const { code, stdout } = await cli('bench', '--help')
    expect(code).toBe(0)
    expect(stdout).toContain('bench')
  })
})

describe('every config field has a flag', () => {
  const settings = (...words: string[]) => modelSettings(parseFlags('train', TRAIN_FLAGS, words))
  test.each(Object.entries(FIELDS))('%s', (field, spec) => {
    const name = field === 'num_steps' ? 'steps' : field.replaceAll('_', '-')
    const snake = `--${field}`
    if (spec.kind === 'boolean') {
      expect(settings(`--${name}`).config).toEqual({ [field]: true })
      expect(settings(`--no-${name}`).config).toEqual({ [field]: false })
      expect(settings(`--no_${field}`, snake).config).toEqual({ [field]: true })
      return
    }
    const value = spec.kind === 'choice' ? spec.choices[0]! : spec.kind === 'integer' ? 4 : 0.5
    expect(settings(`--${name}`, `${value}`).config).toEqual({ [field]: value })
    expect(settings(`${snake}=${value}`).config).toEqual({ [field]: value })
  })

  test('grad_clip can be off, numbers can have an exponent, and a repeated flag overrides', () => {
    expect(settings('--grad-clip', 'off').config).toEqual({ grad_clip: null })
    expect(settings('--steps', '1e3', '--init-std', '.5').config).toEqual({
      num_steps: 1000,
      init_std: 0.5,
    })
    expect(settings('--steps', '7', '--num-steps=8').config).toEqual({ num_steps: 8 })
  })
})
