/** A run in Node, with everything that the page shows of one. */
import { execFileSync } from 'node:child_process'
import { MicroGPT } from '../../src/index.js'
import { root } from './browser.js'
import { docs } from './visit.js'

type Options = Partial<Parameters<typeof MicroGPT.create>[0]>

export interface Point {
  step: number
  loss: number
  smoothed: number
  lr: number
}

export interface NodeSample {
  text: string
  known: boolean
  step: string
}

/** Trains a model in Node like the page does: samples during training, and 20 at the end. */
export async function nodeRun(options: Options = {}) {
  const gpt = await MicroGPT.create({ docs, ...options } as Parameters<typeof MicroGPT.create>[0])
  const { num_steps } = gpt.config
  const known = new Set(gpt.docs)
  const points: Point[] = []
  /** Newest first. */
  const samples: NodeSample[] = []
  const keep = (text: string) =>
    samples.unshift({ text, known: known.has(text), step: `step ${gpt.step}` })
  const write = (seed: number) => Array.from(gpt.generate({ seed }), ({ char }) => char).join('')
  let [mean, weight] = [0, 0]
  keep(write(0))
  return {
    gpt,
    points,
    samples,
    /** Trains up to a step. */
    to(step: number) {
      if (step === gpt.step) return points.at(-1)!
      for (const { loss, lr, step: at } of gpt.train({ steps: step - gpt.step })) {
        mean = 0.97 * mean + (1 - 0.97) * loss
        weight = 0.97 * weight + (1 - 0.97)
        points.push({ step: at, loss, smoothed: mean / weight, lr })
        // 24 samples during a whole run.
        if (at % Math.ceil(num_steps / 24) === 0 && at < num_steps) keep(write(at))
      }
      if (gpt.step === num_steps) for (const text of gpt.sample({ count: 20 })) keep(text)
      return points.at(-1)!
    },
  }
}

/** A curve in the format of the page's CSV. */
export const csvLines = (name: string, points: readonly Point[]) =>
  points
    .map(({ step, loss, smoothed, lr }) => `"${name}",${step},${loss},${smoothed},${lr}\n`)
    .join('')

export const CSV_HEAD = 'run,step,loss,smoothed,lr\n'

/** What the command line prints about a model: its parameters and its memory. */
export function inspect(...flags: string[]) {
  const said = execFileSync(process.execPath, [
    `${root}/build/cli.js`,
    'inspect',
    '--json',
    ...flags,
  ])
  return JSON.parse(said.toString()) as {
    numParams: number
    parameters: { name: string; shape: [number, number]; count: number; purpose: string }[]
    memory: { params: number; total: number }
    numCut: number
  }
}
