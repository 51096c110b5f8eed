/** build/thread.js: what each thread of a pool runs, a whole file. */
import { serveThread } from '../engine/threads/serve-thread.js'

serveThread()
