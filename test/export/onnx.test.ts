/** ONNX files: decoded and evaluated by an interpreter of the tests, and by onnxruntime. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { pythonWith } from '../../src/bench/peers/python.js'
import { OnnxGraph } from '../../src/export/onnx-graph.js'
import { onnxFile } from '../../src/export/onnx.js'
import { MicroGPT, readCheckpoint } from '../../src/index.js'
import { CASES } from './cases.js'
import { decodeOnnx } from './onnx-decode.js'
import { numbersOf, runOnnx } from './onnx-run.js'
import { logitsOf, lossOf } from './plain-gpt.js'

type Created = Parameters<typeof MicroGPT.create>[0]
const { docs } = CASES.documents!.data as { docs: string[] }
const wide = { init_std: 0.3, zero_init_projections: false }
/** What the model is made of; a field that no file has yet, put over it. */
const MODELS: Record<string, [Created, object?]> = {
  tutorial: [{ docs, config: wide }],
  'two layers, gist': [{ docs, preset: 'gist', config: { n_layer: 2, init_std: 0.3 } }],
  'a text': [{ text: 'to be or not to be\n', config: { ...wide, block_size: 5 } }],
  'heads of one number': [{ docs, config: { ...wide, n_embd: 4, n_head: 4 } }],
  'one number': [{ docs, config: { ...wide, n_embd: 1, n_head: 1 } }],
  'heads of three': [{ docs, config: { ...wide, n_embd: 6, n_head: 2, block_size: 3 } }],
  gelu: [{ docs, config: wide }, { activation: 'gelu' }],
}

/** A model's checkpoint and ONNX file; trained a little, so that all its matrices count. */
async function exported(name: string, float32 = false) {
  const [options, fields = {}] = MODELS[name]!
  const gpt = await MicroGPT.create(options)
  for (const _step of gpt.train({ steps: 3 })) continue
  const bytes = gpt.save()
  const file = readCheckpoint(bytes)
  const config = { ...file.config, ...fields } as typeof file.config
  return { gpt, bytes, fields, config, onnx: onnxFile({ ...file, config }, { float32 }) }
}

/** Ids of some rows, other ones in each. */
const idsOf = (vocab: number, batch: number, positions: number) =>
  Array.from({ length: batch }, (_, b) =>
    Array.from({ length: positions }, (__, t) => (7 * b + 3 * t + b * t) % vocab),
  )

/** The largest difference of some logits from ours, each of a batch of rows. */
function difference(got: ArrayLike<number>, bytes: Uint8Array, ids: number[][], fields: object) {
  const want = ids.flatMap((row) => logitsOf(bytes, row, fields).flat())
  expect(got.length).toBe(want.length)
  return want.reduce((most, x, i) => Math.max(most, Math.abs(x - got[i]!)), 0)
}

describe.each(Object.keys(MODELS))('%s', (name) => {
  test('the plain loops have our losses', async () => {
    const { gpt, bytes, fields } = await exported(name)
    if ('activation' in fields) return
    const piece =
      gpt.mode === 'text' ? 'to be'.slice(0, gpt.config.block_size) : docs[5]!.slice(0, 2)
    const { tokenizer } = gpt
    const ids = gpt.mode === 'text' ? tokenizer.encode(piece) : tokenizer.encodeDoc(piece)
    const loss = lossOf(logitsOf(bytes, ids.slice(0, -1)), ids.slice(1))
    expect(Math.abs(loss - gpt.loss([piece]))).toBeLessThan(1e-13)
  })

  test('the interpreter has our logits, at every length', async () => {
    const { gpt, bytes, fields, config, onnx } = await exported(name)
    const model = decodeOnnx(onnx)
    const { vocabSize } = gpt.tokenizer
    for (const [batch, positions] of [
      [1, 1],
      [2, config.block_size],
      [3, 2],
    ] as const) {
      const ids = idsOf(vocabSize, batch, positions)
      const { dims, data } = runOnnx(model, ids)
      expect(dims).toEqual([batch, positions, vocabSize])
      expect(difference(data, bytes, ids, fields)).toBeLessThan(1e-12)
    }
    const long = idsOf(vocabSize, 1, config.block_size + 1)
    expect(() => runOnnx(model, long)).toThrow(/Gather of/)
  })

  test('no scalar beside a MatMul, which onnxruntime would round', async () => {
    const { nodes, initializers } = decodeOnnx((await exported(name)).onnx)
    const isOne = (input: string) => {
      const tensor = initializers.get(input)
      return tensor !== undefined && tensor.type !== 7 && numbersOf(tensor).data.length === 1
    }
    const scaled = nodes.filter(
      ({ op, inputs }) => ['Mul', 'Div'].includes(op) && inputs.some(isOne),
    )
    expect(scaled).toEqual([])
  })
})

test('matrices keep names and bytes, and the file says what it is', async () => {
  const { gpt, bytes, onnx } = await exported('two layers, gist')
  const model = decodeOnnx(onnx)
  const { tensors } = readCheckpoint(bytes)
  for (const [name, { shape, bytes: raw }] of tensors) {
    const got = model.initializers.get(name)!
    expect([got.type, got.dims]).toEqual([11, shape])
    expect(Buffer.compare(got.raw, raw)).toBe(0)
  }
  expect([model.irVersion, model.opset, model.producer]).toEqual([8, 17, 'microgpt-wasm'])
  expect(model.graph.name).toBe('microgpt')
  expect(model.graph.about).toContain('logits')
  expect(new Set(model.names).size).toBe(model.nodes.length)
  expect(model.inputs).toEqual([['ids', 7, ['batch', 'positions']]])
  const { vocabSize, chars } = gpt.tokenizer
  expect(model.outputs).toEqual([['logits', 11, ['batch', 'positions', vocabSize]]])
  expect(JSON.parse(model.metadata.config!)).toEqual(gpt.config)
  expect(JSON.parse(model.metadata.alphabet!)).toEqual(chars)
  expect(model.metadata).toMatchObject({ microgpt: '1', mode: 'docs' })
})

test('the file of a text says so, with its alphabet', async () => {
  const { gpt, onnx } = await exported('a text')
  const { metadata } = decodeOnnx(onnx)
  expect(metadata).toEqual({
    microgpt: '1',
    config: JSON.stringify(gpt.config),
    alphabet: JSON.stringify(gpt.tokenizer.chars),
    mode: 'text',
  })
})

test('float32 rounds each number, and all else is as before', async () => {
  const [wideModel, model] = await Promise.all(
    [false, true].map(async (float32) => decodeOnnx((await exported('tutorial', float32)).onnx)),
  )
  for (const [name, tensor] of wideModel!.initializers) {
    const got = model!.initializers.get(name)!
    expect(got.type).toBe(tensor.type === 11 ? 1 : tensor.type)
    expect(numbersOf(got).data).toEqual(
      numbersOf(tensor).data.map((x) => (tensor.type === 11 ? Math.fround(x) : x)),
    )
  }
  expect(model!.nodes).toEqual(wideModel!.nodes)
  expect(model!.outputs[0]![1]).toBe(1)
})

test('2 GiB are refused before they are allocated', () => {
  const g = new OnnxGraph()
  const half = new Uint8Array(2 ** 30)
  g.constant('a', 'float64', [2 ** 27], half)
  g.constant('b', 'float64', [2 ** 27], half)
  expect(() => g.file('x', '', {})).toThrow(/at most 2 GiB, this model needs 2,147,483,\d+ bytes; /)
})

const ort = await import('onnxruntime-web').catch(() => null)
describe.skipIf(!ort)(`onnxruntime${ort ? '' : ' (skipped: no onnxruntime-web)'}`, () => {
  test.each(
    Object.keys(MODELS).flatMap((name) => [
      [name, 'float64', 1e-12] as const,
      [name, 'float32', 1e-5] as const,
    ]),
  )('%s, %s', async (name, type, tolerance) => {
    const { gpt, bytes, fields, config, onnx } = await exported(name, type === 'float32')
    const { InferenceSession, Tensor, env } = ort!
    env.wasm.numThreads = 1
    const session = await InferenceSession.create(onnx)
    for (const [batch, positions] of [
      [1, 1],
      [2, config.block_size],
    ] as const) {
      const ids = idsOf(gpt.tokenizer.vocabSize, batch, positions)
      const input = new Tensor('int64', BigInt64Array.from(ids.flat(), BigInt), [batch, positions])
      const { logits } = await session.run({ ids: input })
      expect(logits!.type).toBe(type)
      const most = difference(logits!.data as Float64Array, bytes, ids, fields)
      expect(most).toBeLessThan(tolerance)
    }
    await session.release()
  })
})

const checker = await pythonWith('onnx')
const folder = mkdtempSync(join(tmpdir(), 'microgpt-onnx-'))
afterAll(() => rmSync(folder, { recursive: true }))
describe.skipIf(!checker)(`onnx.checker${checker ? '' : ' (skipped: no onnx for Python)'}`, () => {
  test.each(['tutorial', 'two layers, gist', 'gelu'])('%s', async (name) => {
    const paths = await Promise.all(
      [false, true].map(async (float32) => {
        const path = join(folder, `${name}-${float32}.onnx`)
        writeFileSync(path, (await exported(name, float32)).onnx)
        return path
      }),
    )
    const code = 'import onnx, sys; [onnx.checker.check_model(p, True) for p in sys.argv[1:]]'
    await promisify(execFile)(checker!, ['-c', code, ...paths])
  })
})
