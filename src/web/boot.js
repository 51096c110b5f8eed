// Before all else: a worker takes longer to start than the page takes to read its own script.
globalThis.earlyWorker = new Worker('page-worker.js')
