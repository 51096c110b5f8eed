/** build/worker.js: the worker of createWorkerModel, a whole file. */
import { serveWhenAsked } from '../worker/serve-worker.js'

serveWhenAsked()
