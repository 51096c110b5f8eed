/** The cost of larger batches: the preset's model, 1 to 64 documents per step. */
import { NAMES } from '../../data/names.js'
import { parseDocs } from '../../data/text.js'
import { checkLoss, checkLosses } from '../equal.js'
import type { Setup, TimedCore } from '../setup.js'
import { losses, median, time } from '../time.js'

export interface BatchRow {
  batch: number
  usPerDocument: number
  /** Per 1,000 positions of the training documents. */
  usPerThousand: number
  /** |first loss - mean of the losses of its documents|. */
  lossDifference: number
}

export interface Batches {
  rows: BatchRow[]
  /** The largest difference of a loss from that of scalar autograd, with one document per step. */
  scalarDifference: number
}

const BATCHES = [1, 2, 4, 8, 16, 32, 64]
/** A batch of one compared with scalar autograd. */
const COMPARED = 30
/** Documents per timing, and timings per batch size. */
const DOCUMENTS = 2048
const ROUNDS = 9

/** @throws {Error} if a loss is not the expected one */
export async function measureBatches(setup: Setup, preset: string): Promise<Batches> {
  const docs = parseDocs(NAMES)
  const make = (config: object) => setup.wasm({ docs, preset, config })
  const scalarDifference = checkLosses(
    'a batch of 1, against scalar autograd',
    losses(await make({}), COMPARED),
    losses(await setup.value({ docs, preset, config: {} }), COMPARED),
    1e-11,
  )

  const models = []
  for (const batch of BATCHES) {
    const gpt = await make({ batch_size: batch, num_steps: 1_000_000 })
    const alone = gpt.docs.slice(0, batch).map((doc) => gpt.loss([doc]))
    const want = alone.reduce((sum, loss) => sum + loss, 0) / batch
    const what = `a batch of ${batch}, against its documents one by one`
    const lossDifference = checkLoss(what, losses(gpt, 1)[0]!, want, 1e-12)
    models.push({ batch, gpt, lossDifference, perDocument: [] as number[], positions: 0 })
  }

  // Round by round, so that noise of the machine affects all of them. The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const model of models) {
      const { batch, gpt, perDocument } = model
      const from = gpt.docsSeen
      const us = (1000 * time(setup.now, gpt, DOCUMENTS / batch)) / batch
      if (round === 0) continue
      perDocument.push(us)
      model.positions += positionsOf(gpt, from, gpt.docsSeen) / (ROUNDS * DOCUMENTS)
    }
  }
  const rows = models.map(({ batch, lossDifference, perDocument, positions }) => {
    const usPerDocument = median(perDocument)
    const usPerThousand = (1000 * usPerDocument) / positions
    return { batch, usPerDocument, usPerThousand, lossDifference }
  })
  return { rows, scalarDifference }
}

/** Positions of the documents that a model used between two values of docsSeen. */
function positionsOf({ docs, config }: TimedCore, from: number, to: number): number {
  let positions = 0
  for (let i = from; i < to; i++) {
    positions += Math.min(config.block_size, [...docs[i % docs.length]!].length + 1)
  }
  return positions
}
