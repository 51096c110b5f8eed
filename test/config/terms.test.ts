/** A message names an option as its reader knows it: a field in the library, a flag on a command line. */
import { afterEach, describe, expect, test } from 'vitest'
import { speakFlags } from '../../src/cli/terms.js'
import { speakTo } from '../../src/config/terms.js'
import { MicroGPT, decodeUtf8, resolveConfig } from '../../src/index.js'
import { speakPage } from '../../src/web/terms.js'

const docs = ['anna', 'otto', 'ina']
const library = () => speakTo({ name: (option) => option, phrases: {} })
afterEach(library)

async function messageOf(call: () => unknown): Promise<string> {
  try {
    await call()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}

/** The same failure, read in the library, after train and after sample. */
async function readers(call: () => unknown): Promise<string[]> {
  library()
  const messages = [await messageOf(call)]
  for (const command of ['train', 'sample']) {
    speakFlags(command)
    messages.push(await messageOf(call))
  }
  return messages
}

const otherRun = async () => {
  const gpt = await MicroGPT.create({ docs })
  const bytes = gpt.save({ optimizer: true })
  return MicroGPT.load(bytes, { docs: ['anna', 'otto'] })
}

describe('each in its own terms', () => {
  test.each<[string, () => unknown, RegExp, RegExp]>([
    ['a field', () => resolveConfig('tutorial', { num_steps: 0 }), /^num_steps /, /^--steps /],
    ['two fields', () => resolveConfig('tutorial', { n_head: 5 }), /n_head \(5/, /--n-head \(5/],
    ['off', () => resolveConfig('tutorial', { grad_clip: 0 }), /try null$/, /try off$/],
    ['a preset', () => resolveConfig('big'), /^preset must/, /^--preset must/],
    [
      'a split',
      () => MicroGPT.create({ docs, valFraction: 0.1 }),
      /^valFraction 0\.1 of 3 .* another valFraction$/,
      /^--val-fraction 0\.1 of 3 .* another --val-fraction$/,
    ],
    ['other data', otherRun, /give optimizer: false for a new run$/, /give --fresh for a new run$/],
  ])('%s', async (_, call, inLibrary, onCommandLine) => {
    const [a, b] = await readers(call)
    expect(a).toMatch(inLibrary)
    expect(a).not.toContain('--')
    expect(b).toMatch(onCommandLine)
  })

  test('the page', async () => {
    speakPage()
    expect(await messageOf(otherRun)).toMatch(/begin a new run from its parameters$/)
    expect(await messageOf(() => resolveConfig('tutorial', { grad_clip: 0 }))).toMatch(/try off$/)
    expect(await messageOf(() => decodeUtf8(Uint8Array.of(0xff)))).not.toMatch(/--|'replace'/)
  })

  test('no command is advised a flag that it lacks', async () => {
    const [, , sample] = await readers(otherRun)
    expect(sample).not.toContain('--fresh')
  })
})
