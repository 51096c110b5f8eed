/** What runs in the page's worker: messages in their order, each one done before the next. */
import { loadCore } from '../../engine/core.js'
import { NAMES } from '../../data/names.js'
import type { FromWorker, ToWorker } from '../messages.js'
import { DEFAULTS } from '../settings.js'
import { speakPage } from '../terms.js'
import { Session } from './session.js'

const scope = globalThis as unknown as {
  location: Location
  postMessage(message: FromWorker, transfer: Transferable[]): void
  addEventListener(type: 'message', listener: (event: { data: ToWorker }) => void): void
}

speakPage()

// Compiled while the rest gets ready; trouble will be met when a model is made.
loadCore().catch(() => {})

const session = new Session((message, transfer = []) => scope.postMessage(message, transfer))
let last: Promise<void> = Promise.resolve()
const hear = (message: ToWorker) => {
  last = last.then(() => session.hear(message))
}
scope.addEventListener('message', ({ data }) => hear(data))
// Said by boot.js: what most visitors want need not wait for the page.
if (scope.location.hash === '#names') hear({ type: 'text', text: NAMES, settings: DEFAULTS })
