import { MicroGPT } from 'microgpt-wasm'
import { createWorkerModel } from 'microgpt-wasm/worker'

const response = await fetch('core.wasm')
await MicroGPT.create({ docs: ['anna'], core: response })
await MicroGPT.create({ docs: ['anna'], core: new URL('core.wasm', location.href) })
const model = await createWorkerModel({ docs: ['anna'], signal: AbortSignal.timeout(1) })
await model.train({ signal: new AbortController().signal }).result
