/** The runs that go to Python and back, and Python as a child process. */
import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { pythonWith } from '../../src/bench/peers/python.js'
import { MicroGPT, type Data } from '../../src/index.js'

export const SCRIPT = fileURLToPath(new URL('../../python/microgpt_torch.py', import.meta.url))

/** Some Python 3, whether or not it has PyTorch; null where there is none. */
export const python = await pythonWith('json')

/** Lines of several lengths, some longer than the block, with characters beyond U+FFFF. */
export const LINES = Array.from({ length: 120 }, (_, i) => {
  const letters = Array.from({ length: 1 + ((i * 7) % 13) }, (__, j) =>
    'aeiłnorst𝔸𝔹'.at((i + 3 * j) % 9),
  )
  return `${letters.join('')}${i % 11 === 0 ? '𝔸é𝔹' : ''}`
})

/** A run: what it learns from, its options, and steps that it has made. */
export interface Case {
  options: Data & Parameters<typeof MicroGPT.create>[0]
  /** What MicroGPT.load takes. */
  data: { docs: string[] } | { text: string }
  /** What data.txt holds. */
  file: string
  steps: number
}

const file = `${LINES.join('\n')}\n`
const [docs, text] = [{ docs: LINES }, { text: file }]

export const CASES: Record<string, Case> = {
  documents: { options: { ...docs }, data: docs, file, steps: 30 },
  // The norms of its gradients are from 0.8 to 3: some steps are clipped, some are not.
  'weight_decay, grad_clip, validation': {
    options: {
      ...docs,
      ...{ valFraction: 0.1, preset: 'gist', seed: -12345678901234567890n },
      config: { n_layer: 2, batch_size: 5, weight_decay: 0.1, grad_clip: 1.5, learning_rate: 0.02 },
    },
    ...{ data: docs, file, steps: 20 },
  },
  text: {
    options: { ...text, valFraction: 0.15, config: { batch_size: 4, block_size: 12 } },
    ...{ data: text, file, steps: 20 },
  },
  'fewer documents than ranks': {
    options: { ...docs, config: { activation: 'relu', lr_schedule: 'linear', batch_size: 1 } },
    ...{ data: docs, file, steps: 11 },
  },
}

/**
 * The case's run after its steps; a sample has moved its generator on, by an odd count of draws.
 */
export async function runOf({ options, steps }: Case): Promise<MicroGPT> {
  const gpt = await MicroGPT.create(options)
  for (const _step of gpt.train({ steps })) continue
  gpt.sample({ count: 1 })
  return gpt
}

/** Runs Python code that begins with the script as `m`. @returns the JSON that it prints */
export async function inPython<T>(code: string, args: string[], program = python!): Promise<T> {
  const start = `import json, sys; sys.path.insert(0, ${JSON.stringify(SCRIPT.replace(/[^/\\]*$/, ''))})
sys.dont_write_bytecode = True
import microgpt_torch as m
`
  const words = ['-c', start + code, ...args]
  const { stdout } = await promisify(execFile)(program, words, { maxBuffer: 1 << 26 })
  return JSON.parse(stdout) as T
}

/** A port for MASTER_PORT. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
