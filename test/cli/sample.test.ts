/** sample: prints samples and nothing else. */
import { expect, test } from 'vitest'
import { NAMES } from '../../src/data/names.js'
import { parseDocs } from '../../src/data/text.js'
import { MicroGPT } from '../../src/gpt/microgpt.js'
import { inProcess as cli } from './in-process.js'
import { objects } from './ended.js'

async function trained(steps: number): Promise<MicroGPT> {
  const gpt = await MicroGPT.create({ docs: parseDocs(NAMES), config: { num_steps: steps } })
  for (const _ of gpt.train());
  return gpt
}

test('one sample per line, the same as from the API', async () => {
  const run = await cli('sample', '--steps', '50', '--count', '4')
  expect(run.lines).toEqual((await trained(50)).sample({ count: 4 }))
  expect([run.code, run.stderr]).toEqual([0, ''])
})

test('20 samples by default', async () => {
  expect((await cli('sample', '--steps', '5')).lines).toHaveLength(20)
})

test('a prompt is continued', async () => {
  const words = ['--prompt', 'jo', '--top-k', '5', '--temperature', '0.8']
  const { lines } = await cli('sample', '--steps', '50', '--count', '3', ...words)
  const gpt = await trained(50)
  const options = { prompt: 'jo', topK: 5, temperature: 0.8 }
  const want = Array.from({ length: 3 }, () => {
    const chars = Array.from(gpt.generate(options), ({ char }) => char)
    return `jo${chars.join('')}`
  })
  expect(lines).toEqual(want)
})

test('--top-k 1 always draws the most likely character', async () => {
  const { lines } = await cli('sample', '--steps', '50', '--count', '2', '--top-k', '1')
  expect(lines[0]).toBe(lines[1])
})

test('--json prints all events, and with --quiet only samples', async () => {
  const words = ['sample', '--steps', '5', '--count', '2', '--json']
  const all = objects(await cli(...words))
  expect(all.map(({ type }) => type)).toEqual(['start', 'sample', 'sample', 'end'])
  expect(all[1]).toEqual({ type: 'sample', index: 1, text: expect.any(String) })
  expect(objects(await cli(...words, '--quiet'))).toEqual(all.slice(1, 3))
})

test('the reference engines sample too', async () => {
  const { lines } = await cli('sample', '--steps', '5', '--count', '2', '--engine', 'typed')
  expect(lines).toEqual((await trained(5)).sample({ count: 2 }))
})
