/** build/microgpt.threads.js: the host imports it for the team, and each thread runs it. */
import { serveThread } from './thread.js'

export { openOther } from './open.js'

void serveThread()
