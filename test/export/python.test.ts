/** The PyTorch script, as far as it needs no PyTorch: files, data, batches, learning rates. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { readSafetensors } from '../../src/checkpoint/safetensors/read.js'
import { writeSafetensors } from '../../src/checkpoint/safetensors/write.js'
import { createCorpus } from '../../src/data/corpus.js'
import { type Config, MicroGPT, PRESETS, type PresetName, Random } from '../../src/index.js'
import { Tokenizer, learningRate, readCheckpoint, resolveConfig } from '../../src/index.js'
import { CASES, type Case, LINES, SCRIPT, inPython, python, runOf } from './cases.js'

const folder = mkdtempSync(join(tmpdir(), 'microgpt-python-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)

/** A file's bytes and the data, on the disk. */
function put(bytes: Uint8Array, text: string): [string, string] {
  writeFileSync(at('model.safetensors'), bytes)
  writeFileSync(at('data.txt'), text)
  return [at('model.safetensors'), at('data.txt')]
}

const AGAIN = `
run = m.resumed(sys.argv[1], sys.argv[2], {})
run.save(sys.argv[3])
print(json.dumps([run.batch() for _ in range(25)]))
`

/** Our next sequences, each cut to what the model sees. */
function nextBatches(gpt: MicroGPT, bytes: Uint8Array, count: number): number[][][] {
  const { batch_size, block_size } = gpt.config
  const random = new Random(0)
  random.restore(readCheckpoint(bytes).run!.random)
  const all = gpt.mode === 'text' ? gpt.tokenizer.encode(CASES.text!.file) : []
  let seen = gpt.docsSeen
  const next = () => {
    if (gpt.mode === 'docs') {
      const doc = gpt.docs[seen++ % gpt.docs.length]!
      return gpt.tokenizer.encodeDoc(doc).slice(0, block_size + 1)
    }
    const first = random.below(gpt.counts.train - block_size)
    return all.slice(first, first + block_size + 1)
  }
  return Array.from({ length: count }, () => Array.from({ length: batch_size }, next))
}

describe.skipIf(!python)(`the script${python ? '' : ' (skipped: no python3)'}`, () => {
  const odd = { learning_rate: 1e-7, eps_adam: 1e-120, grad_clip: 1e300, init_std: 0.00000123 }
  const numbers: Case = { ...CASES.text!, options: { ...CASES.text!.options, config: odd } }
  numbers.options.valFraction = 0.25
  const { documents } = CASES as { documents: Case }
  const presets = Object.keys(PRESETS).map((name) => {
    const config = { n_embd: 16, n_layer: 1, head_dim: 4, batch_size: 2 }
    const options = { ...documents.options, preset: name as PresetName, config }
    return [`preset ${name}`, { ...documents, steps: 3, options }] as const
  })
  const warm = { warmup_steps: 25, activation: 'gelu', lr_schedule: 'constant' } as const
  const more: Record<string, Case> = {
    'odd numbers': numbers,
    'a warm-up, and GELU': { ...documents, options: { ...documents.options, config: warm } },
    ...Object.fromEntries(presets),
  }

  test.each(Object.entries({ ...CASES, ...more }))(
    '%s: the file again, byte for byte, and the next batches',
    async (_, one) => {
      const gpt = await runOf(one)
      const bytes = gpt.save({ optimizer: true })
      const batches = await inPython(AGAIN, [...put(bytes, one.file), at('again')])
      expect(Buffer.compare(readFileSync(at('again')), bytes)).toBe(0)
      expect(batches).toEqual(nextBatches(gpt, bytes, 25))
    },
  )

  test.each<[Partial<Config>, Partial<Config>]>([
    [{}, { warmup_steps: 7, num_steps: 900 }],
    [warm, { warmup_steps: 0, weight_decay: 0.5 }],
    [{ grad_clip: 1 }, { eps_adam: 1e-9, learning_rate: 0.003 }],
  ])('a run of %j with %j writes the fields in our order', async (config, fields) => {
    const one = { ...documents, options: { ...documents.options, config } }
    const bytes = (await runOf(one)).save({ optimizer: true })
    const code = 'm.resumed(*sys.argv[1:3], json.loads(sys.argv[4])).save(sys.argv[3]); print(0)'
    await inPython(code, [...put(bytes, one.file), at('again'), JSON.stringify(fields)])
    const gpt = await MicroGPT.load(bytes, { ...documents.data, config: fields })
    expect(Buffer.compare(readFileSync(at('again')), gpt.save({ optimizer: true }))).toBe(0)
  })

  test('a save is on the disk before it replaces the file, and a failed one leaves none', async () => {
    const code = `
import os
run = m.resumed(sys.argv[1], sys.argv[2], {})
calls = []
def traced(name):
    call = getattr(os, name)
    def traced_call(*args):
        size = os.fstat(args[0]).st_size if name == 'fsync' else None
        calls.append([name, size])
        return call(*args)
    setattr(os, name, traced_call)
traced('fsync')
traced('replace')
run.save(sys.argv[1])
def failing(*args):
    raise OSError(28, 'the disk is full')
os.fsync = failing
try:
    run.save(sys.argv[1])
except OSError as error:
    calls.append(['failed', error.errno])
print(json.dumps(calls))`
    const bytes = (await runOf(documents)).save({ optimizer: true })
    const calls = await inPython(code, put(bytes, documents.file))
    expect(calls).toEqual([
      ['fsync', bytes.length],
      ['replace', null],
      ['failed', 28],
    ])
    expect(Buffer.compare(readFileSync(at('model.safetensors')), bytes)).toBe(0)
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  test('a number in the metadata stays as JavaScript writes it', async () => {
    const { metadata, tensors } = readSafetensors(
      (await runOf(documents)).save({ optimizer: true }),
    )
    const named = Array.from(tensors, ([name, { shape, bytes }]) => {
      return { name, shape, data: new Float64Array(bytes.slice().buffer) }
    })
    const words = { ...Object.fromEntries(metadata), random_gauss: '1.5e-7' }
    const file = writeSafetensors(named, words)
    await inPython(AGAIN, [...put(file, documents.file), at('again')])
    expect(Buffer.compare(readFileSync(at('again')), file)).toBe(0)
  })

  test('as many blocks of a text are held out as in ours, at every length', async () => {
    const code = `
held = []
for n in range(90, 111):
    with open(sys.argv[1], 'w') as file:
        file.write(('abcde ' * 30)[:n])
    held.append(m.new(sys.argv[1], 'text', 0.25, 42, {'block_size': 5}).held)
print(json.dumps(held))`
    const want = Array.from({ length: 21 }, (_, i) => {
      const data = { text: 'abcde '.repeat(30).slice(0, 90 + i), valFraction: 0.25 }
      const tokenizer = Tokenizer.of([data.text])
      return [...createCorpus('text', data, tokenizer, 5, new Random(0)).heldOut()].length
    })
    expect(await inPython(code, [at('cut.txt')])).toEqual(want)
    expect(new Set(want).size).toBeGreaterThan(1)
  })

  test('a byte order mark, line ends of other systems and blank lines are as in train', async () => {
    const gpt = await runOf(CASES.documents!)
    const bytes = gpt.save({ optimizer: true })
    const text = `\ufeff${LINES.map((line) => ` ${line}\t`).join('\r\n\r\n')}\r`
    await inPython(AGAIN, [...put(bytes, text), at('again')])
    expect(Buffer.compare(readFileSync(at('again')), bytes)).toBe(0)
  })

  test('the parameters alone begin a new run, as in train --resume', async () => {
    const gpt = await runOf(CASES.documents!)
    const alone = await MicroGPT.load(gpt.save(), CASES.documents!.data)
    const words = put(gpt.save(), CASES.documents!.file)
    const code = 'run = m.resumed(*sys.argv[1:], {}); print(json.dumps([run.step, run.batch()]))'
    const want = [0, [gpt.tokenizer.encodeDoc(alone.docs[0]!).slice(0, 9)]]
    expect(await inPython(code, words)).toEqual(want)
  })

  test.each<[string, Partial<Config>]>([
    ['cosine', { lr_schedule: 'cosine', num_steps: 50 }],
    ['linear', { lr_schedule: 'linear', num_steps: 50 }],
    ['constant', { lr_schedule: 'constant' }],
    ['cosine after a warm-up', { lr_schedule: 'cosine', num_steps: 50, warmup_steps: 8 }],
  ])('the learning rate: %s', async (_, fields) => {
    const words = put((await runOf(CASES.documents!)).save(), CASES.documents!.file)
    const given = JSON.stringify(fields)
    const code = `run = m.resumed(*sys.argv[1:3], json.loads(sys.argv[3]))
rates = []
for run.step in range(60): rates.append(run.rate())
print(json.dumps(rates))`
    const config = resolveConfig('tutorial', fields)
    const rates = await inPython<number[]>(code, [...words, given])
    rates.forEach((rate, step) =>
      expect(rate).toBeCloseTo(learningRate(config, step, Math.cos), 15),
    )
  })

  test.each<[string, Case, string]>([
    ['documents', CASES.documents!, "'docs', 0.0, 42, {}"],
    ['a text', CASES.text!, "'text', 0.1, -7, {'n_embd': 20, 'batch_size': 3}"],
  ])('--new: %s, initialized as ours', async (_, { data, file }, words) => {
    const [, path] = put(new Uint8Array(), file)
    await inPython(`m.new(sys.argv[1], ${words}).save(sys.argv[2]); print(0)`, [path, at('new')])
    const bytes = readFileSync(at('new'))
    const got = await MicroGPT.load(bytes, data)
    const { preset, config, seed, valFraction } = got
    const want = await MicroGPT.create({ ...data, preset, config, seed, valFraction })
    expect(got.config).toEqual(want.config)
    expect([got.step, got.docs]).toEqual([0, want.docs])
    // Each libm has its own last bit of log, sin and cos.
    got.params.forEach((x, i) => expect(x).toBeCloseTo(want.params[i]!, 15))
    expect(Buffer.from(got.save({ optimizer: true })).equals(bytes)).toBe(true)
  })

  describe('ends with one sentence, and writes nothing', () => {
    const run = async (...words: string[]) => {
      const ended = await promisify(execFile)(python!, [SCRIPT, ...words]).catch((error) => error)
      return ended as { code: number; stdout: string; stderr: string }
    }
    test.each<[string, string[], number, RegExp]>([
      ['other data', ['M', '--data', 'OTHER'], 1, /trained on other data \(120 documents\)/],
      ['another character', ['M', '--data', 'M.json'], 1, /the data has the character '\{', which/],
      ['no data', ['M', '--data', 'nothing'], 1, /cannot use .*nothing: No such file/],
      ['no model', ['nothing', '--data', 'D'], 1, /cannot use .*nothing: No such file/],
      ['no checkpoint', ['D', '--data', 'D'], 1, /D is not a checkpoint of microgpt-wasm/],
      ['cut off', ['CUT', '--data', 'D'], 1, /CUT is not complete/],
      ['not UTF-8', ['M', '--data', 'CUT'], 1, /CUT is not valid UTF-8/],
      ['no --data', ['M'], 2, /--data; --help lists the options/],
      [
        'a fixed field',
        ['M', '--data', 'D', '--n-embd', '8'],
        2,
        /--n-embd is fixed by the file: it needs --new/,
      ],
      [
        'a word for a number',
        ['M', '--data', 'D', '--num-steps', 'x'],
        2,
        /invalid int value: 'x'/,
      ],
      ['a bad choice', ['M', '--data', 'D', '--lr-schedule', 'x'], 2, /invalid choice: 'x' /],
      ['nothing left', ['M', '--data', 'D', '--num-steps', '9'], 2, /M is at step 30 of 9; give a/],
      ['at its end', ['M', '--data', 'D', '--num-steps', '30'], 2, /M is at step 30 of 30; give a/],
      ['no folder', ['M', '--data', 'D', '--out', 'nothing/x'], 2, /cannot write into .*nothing$/m],
      [
        'zero',
        ['M', '--data', 'D', '--save-every', '0'],
        2,
        /--save-every must be 1 or more, got 0/,
      ],
      ['float32', ['NARROW', '--data', 'D'], 1, /NARROW must be float64; MicroGPT\.load/],
      ['over a file', ['M', '--data', 'D', '--new'], 2, /M exists already/],
      ['heads', ['N', '--data', 'D', '--new', '--n-head', '5'], 2, /n_embd \(16\) must be divisib/],
    ])('%s', async (_, words, code, sentence) => {
      const bytes = Buffer.from((await runOf(CASES.documents!)).save({ optimizer: true }))
      const files = {
        M: bytes,
        CUT: bytes.subarray(0, -8),
        NARROW: Buffer.from(bytes.toString('latin1').replace('"F64"', '"F32"'), 'latin1'),
        D: CASES.documents!.file,
        OTHER: 'aaa\n',
      }
      writeFileSync(at('M.json'), '{}')
      for (const [name, content] of Object.entries(files)) writeFileSync(at(name), content)
      const paths = words.map((word) =>
        /^([A-Z]+(\.json)?|nothing)$/.test(word) ? at(word) : word,
      )
      const ended = await run(...paths)
      expect([ended.code, ended.stdout]).toEqual([code, ''])
      expect(ended.stderr).toMatch(/^microgpt_torch: .*\n$/)
      expect(ended.stderr).toMatch(sentence)
      expect(Buffer.compare(readFileSync(at('M')), bytes)).toBe(0)
      expect(existsSync(at('N'))).toBe(false)
    })
  })
})
