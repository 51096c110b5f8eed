/** build/worker.js: the worker of createWorkerModel, a file without imports. */
import '../worker/serve-worker.js'
