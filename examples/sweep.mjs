// Trains one model per learning rate, each in a worker thread, and prints a table.
//     node sweep.mjs
import { availableParallelism } from 'node:os'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { MicroGPT } from 'microgpt-wasm'
import { NAMES } from 'microgpt-wasm/names'

const RATES = [0.001, 0.003, 0.01, 0.03, 0.1]

if (isMainThread) {
  const queue = [...RATES]
  const rows = []
  const work = async () => {
    for (let rate = queue.shift(); rate !== undefined; rate = queue.shift()) {
      rows.push(await train(rate))
    }
  }
  await Promise.all(Array.from({ length: Math.min(RATES.length, availableParallelism()) }, work))
  rows.sort((a, b) => a.rate - b.rate)
  console.log('learning rate   last loss   validation loss   a sample')
  for (const { rate, loss, valLoss, sample } of rows) {
    const [last, val] = [loss.toFixed(4).padStart(9), valLoss.toFixed(4).padStart(15)]
    console.log(`${String(rate).padStart(13)}   ${last}   ${val}   ${sample}`)
  }
  const best = rows.reduce((a, b) => (b.valLoss < a.valLoss ? b : a))
  console.log(`lowest validation loss: learning rate ${best.rate}`)
} else {
  const docs = NAMES.trim().split('\n')
  const config = { learning_rate: workerData, batch_size: 4 }
  const gpt = await MicroGPT.create({ docs, valFraction: 0.1, config })
  let loss = 0
  for (const result of gpt.train()) loss = result.loss
  const [sample] = gpt.sample({ count: 1 })
  parentPort.postMessage({ rate: workerData, loss, valLoss: gpt.validate(), sample }, [])
}

/** Runs this file in a worker thread. */
function train(rate) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: rate })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
