/** build/thread.js: the script of each thread of a pool, a file without imports. */
import { serveThread } from '../engine/threads/serve-thread.js'

serveThread()
