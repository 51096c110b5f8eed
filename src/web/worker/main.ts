/** What runs in the page's worker: messages in their order, each one done before the next. */
import { loadCore } from '../../core.js'
import type { FromWorker, ToWorker } from '../messages.js'
import { Session } from './session.js'

const scope = globalThis as unknown as {
  postMessage(message: FromWorker, transfer: Transferable[]): void
  addEventListener(type: 'message', listener: (event: { data: ToWorker }) => void): void
}

// Compiled while the page is still getting ready to ask; trouble will be met when it does.
loadCore().catch(() => {})

const session = new Session((message, transfer = []) => scope.postMessage(message, transfer))
let last: Promise<void> = Promise.resolve()
scope.addEventListener('message', ({ data }) => {
  last = last.then(() => session.hear(data))
})
