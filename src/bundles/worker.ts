/** build/worker.js: the worker of createWorkerModel, a whole file. */
import '../worker/serve-worker.js'
