/** Memory of a page and of its worker, after a garbage collection, read through DevTools. */
import type { CDPSession, Page } from 'playwright-core'

export interface Memory {
  /** DOM nodes and event listeners that are alive, attached to the page or not. */
  nodes: number
  listeners: number
  /** Bytes of JavaScript objects, and of array buffers. */
  page: Heap
  worker: Heap
  /** Instances of WebAssembly.Memory in the worker. */
  cores: number
}

interface Heap {
  usedSize: number
  backingStorageSize: number
}

type Send = (method: string, params?: object) => Promise<unknown>

/** Attaches to the page and to its worker. @returns a function that measures both */
export async function heapOf(page: Page): Promise<() => Promise<Memory>> {
  const cdp = await page.context().newCDPSession(page)
  const own: Send = (method, params = {}) => cdp.send(method as 'Runtime.getHeapUsage', params)
  const worker = await workerOf(cdp)
  return async () => {
    // Finalizers run between two collections.
    for (let i = 0; i < 2; i++) {
      for (const send of [own, worker]) await send('HeapProfiler.collectGarbage')
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)))
    }
    const counters = await cdp.send('Memory.getDOMCounters')
    return {
      nodes: counters.nodes,
      listeners: counters.jsEventListeners,
      page: (await own('Runtime.getHeapUsage')) as Heap,
      worker: (await worker('Runtime.getHeapUsage')) as Heap,
      cores: await instancesOf(worker, 'WebAssembly.Memory'),
    }
  }
}

async function instancesOf(send: Send, name: string): Promise<number> {
  const objectGroup = 'counted'
  interface Evaluated {
    result: { objectId: string; value: number }
  }
  const { result } = (await send('Runtime.evaluate', {
    ...{ expression: `${name}.prototype`, objectGroup },
  })) as Evaluated
  const { objects } = (await send('Runtime.queryObjects', {
    ...{ prototypeObjectId: result.objectId, objectGroup },
  })) as { objects: { objectId: string } }
  const found = (await send('Runtime.callFunctionOn', {
    ...{ objectId: objects.objectId, functionDeclaration: 'function () { return this.length }' },
  })) as Evaluated
  await send('Runtime.releaseObjectGroup', { objectGroup })
  return found.result.value
}

/** Playwright has no session for a worker, so the commands go through the page's session. */
async function workerOf(cdp: CDPSession): Promise<Send> {
  const waiting = new Map<number, (answer: { result: unknown; error?: object }) => void>()
  const attached = new Promise<string>((resolve) =>
    cdp.on('Target.attachedToTarget', ({ sessionId }) => resolve(sessionId)),
  )
  cdp.on('Target.receivedMessageFromTarget', ({ message }) => {
    const answer = JSON.parse(message)
    waiting.get(answer.id)?.(answer)
  })
  await cdp.send('Target.setAutoAttach', {
    ...{ autoAttach: true, waitForDebuggerOnStart: false, flatten: false },
  })
  const sessionId = await attached
  let last = 0
  return async (method, params = {}) => {
    const id = ++last
    const answer = new Promise<{ result: unknown; error?: object }>((resolve) =>
      waiting.set(id, resolve),
    )
    const message = JSON.stringify({ id, method, params })
    await cdp.send('Target.sendMessageToTarget', { sessionId, message })
    const { result, error } = await answer
    if (error) throw new Error(`${method}: ${JSON.stringify(error)}`)
    return result
  }
}
