import core from 'microgpt-wasm/core.wasm'
import type fused from 'microgpt-wasm/core.fast.wasm'
import type threads from 'microgpt-wasm/core.threads.wasm'
import type both from 'microgpt-wasm/core.fast.threads.wasm'
import { MicroGPT, type Core, type CreateOptions, type StateDict, loadCore } from 'microgpt-wasm'
import * as inline from 'microgpt-wasm/inline'
import { NAMES } from 'microgpt-wasm/names'
import * as reference from 'microgpt-wasm/reference'
import { type WorkerModel, createWorkerModel, loadWorkerModel } from 'microgpt-wasm/worker'

const docs: string[] = NAMES.trim().split('\n')
const gpt = await MicroGPT.create({ docs, preset: 'gist', seed: 1n, config: { n_embd: 8 }, core })
for (const { step, loss, lr, valLoss } of gpt.train({ steps: 1, evalEvery: 5 })) {
  const all: number[] = [step, loss, lr, valLoss ?? 0]
  all.pop()
}
const dict: StateDict = gpt.stateDict
const data: Float64Array | undefined = dict.get('layer0.attn_wq')?.data
const names: string[] = gpt.sample({ count: 2 })
const file: Uint8Array = gpt.save({ optimizer: true })
const text: CreateOptions = { text: 'to be' }
// @ts-expect-error: documents or a text, not both
const wrong: CreateOptions = { docs, text: 'to be' }
// @ts-expect-error: docs is missing
await MicroGPT.create({})
// @ts-expect-error: there is no such field
await MicroGPT.create({ docs, config: { n_embed: 8 } })

const model: WorkerModel = await createWorkerModel({ docs: names })
const { status } = await model.train({ steps: 3 }).result
const how: 'completed' | 'aborted' | 'failed' = status
const again = await loadWorkerModel(file, { docs: names })
for await (const { loss } of again.train()) loss.toFixed(2)

const exports: Core = await loadCore()
const e: number = exports.exp(1)
// @ts-expect-error: there is no such export of the core
const none = exports.nothing
export { both, data, e, fused, how, inline, none, reference, text, threads, wrong }
