/**
 * The code of a thread of the pool: one instance of the core, which does its share of every round.
 */
import { type ThreadsCore, isNode, startCore } from '../core.js'
import { FAILED, type ThreadReport, type WorkerInit, progressLine } from './thread.js'

/** Waits for a WorkerInit and then serves. Called once, by the thread's script. */
export function serveThread(): void {
  if (isNode()) {
    const { parentPort, workerData } = globalThis.process.getBuiltinModule('node:worker_threads')
    void serve(workerData as WorkerInit, (report) => parentPort!.postMessage(report, []))
  } else {
    addEventListener('message', ({ data }: MessageEvent<WorkerInit>) => {
      void serve(data, (report) => postMessage(report, { transfer: [] }))
    })
  }
}

async function serve(init: WorkerInit, tell: (report: ThreadReport) => void): Promise<void> {
  try {
    const core = await startCore<ThreadsCore>(init.module, init.memory)
    core.join(init.block, init.index)
    tell({ ready: true })
    core.serve()
    tell({ ended: true })
  } catch (error) {
    const line = progressLine(init)
    Atomics.store(line, 0, FAILED)
    Atomics.notify(line, 0)
    tell({ failed: error instanceof Error ? error.message : String(error) })
  }
}
