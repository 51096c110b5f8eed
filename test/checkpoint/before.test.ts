/** Checkpoints that the version before has written: they open, and go on to the bytes it went on to. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { NAMES } from '../../src/data/names.js'
import { MicroGPT, parseDocs, readCheckpoint } from '../../src/index.js'

const docs = parseDocs(NAMES)
const text = docs.slice(0, 300).join('\n')
const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url))

describe.each([
  {
    name: 'before-tutorial-50.safetensors',
    data: { docs },
    step: 50,
    after: '68d0487189f16fb2c0066aa6c8cdff6cba64ce5d7bcb25460b17c2868d2c4bdd',
  },
  {
    name: 'before-text-30.safetensors',
    data: { text },
    step: 30,
    after: '5df0b9c985d790afccbe5f1df1b33fb4f22787a31361120712fec544db8db449',
  },
])('$name', ({ name, data, step, after }) => {
  test('is written again as it was', async () => {
    const bytes = fixture(name)
    const file = readCheckpoint(bytes)
    expect([file.step, file.config.warmup_steps]).toEqual([step, 0])
    const gpt = await MicroGPT.load(bytes, data)
    expect(bytes.equals(gpt.save({ optimizer: true }))).toBe(true)
  })

  test('goes on for 10 steps to the same bytes', async () => {
    const gpt = await MicroGPT.load(fixture(name), data)
    for (const _step of gpt.train({ steps: 10 })) continue
    const hash = createHash('sha256')
      .update(gpt.save({ optimizer: true }))
      .digest('hex')
    expect(hash).toBe(after)
  })
})

test('a run with a warm-up is read back with it', async () => {
  const gpt = await MicroGPT.create({ docs, config: { warmup_steps: 7 } })
  expect(readCheckpoint(gpt.save()).config.warmup_steps).toBe(7)
})
