import { Worker, isMainThread, parentPort } from 'node:worker_threads'
import { MicroGPT } from 'microgpt-wasm'
import { NAMES } from 'microgpt-wasm/names'
import { check } from './check.js'

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url))
  worker.on('message', (result) => console.log(JSON.stringify(result)))
} else {
  parentPort.postMessage(await check({ MicroGPT }, NAMES, ['main', 'threads']), [])
}
