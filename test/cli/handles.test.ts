/** Every file that a command opens is closed when the command ends, also when it fails. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inProcess as cli } from './in-process.js'

const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const RUN = ['--steps', '1', '--samples', '0', '--quiet']

/** The numbers of the next files to be opened: the lowest that are free. */
function nextHandles(): number[] {
  const handles = Array.from({ length: 20 }, () => openSync(at('data'), 'r'))
  for (const handle of handles) closeSync(handle)
  return handles
}

beforeAll(async () => {
  writeFileSync(at('data'), 'anna\notto\n')
  writeFileSync(at('bad'), 'no checkpoint')
  writeFileSync(at('short'), 'x')
  await cli('train', '--data', at('data'), ...RUN, '--out', at('model'))
  writeFileSync(at('cut'), readFileSync(at('model')).subarray(0, -100))
})

let next = 0
test.each<[string, number, (fresh: string) => string[]]>([
  ['train', 0, (fresh) => ['train', '--data', at('data'), ...RUN, '--out', fresh]],
  [
    'train --resume',
    0,
    (fresh) => [
      'train',
      '--data',
      at('data'),
      ...RUN,
      '--resume',
      at('model'),
      '--out',
      fresh,
      '--steps',
      '3',
    ],
  ],
  ['train --resume, no checkpoint', 1, () => ['train', '--resume', at('bad')]],
  ['train --out, a file that stays', 2, () => ['train', '--out', at('model')]],
  ['train --out, another file that stays', 2, () => ['train', '--out', at('data')]],
  ['sample', 0, () => ['sample', '--model', at('model'), '--count', '1']],
  ['sample, one byte', 1, () => ['sample', '--model', at('short')]],
  ['inspect', 0, () => ['inspect', at('model')]],
  ['inspect, no checkpoint', 1, () => ['inspect', at('bad')]],
  ['inspect, cut off', 1, () => ['inspect', at('cut')]],
  ['inspect, a folder', 1, () => ['inspect', folder]],
  ['export', 0, (fresh) => ['export', at('model'), '--onnx', fresh]],
  ['export, over a file', 2, () => ['export', at('model'), '--onnx', at('data')]],
])('%s', async (_, code, words) => {
  const run = async () => {
    expect((await cli(...words(at(`new${next++}`)))).code).toBe(code)
  }
  // The first run loads code.
  await run()
  const before = nextHandles()
  for (let i = 0; i < 2; i++) await run()
  expect(nextHandles()).toEqual(before)
})
