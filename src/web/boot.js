// Starts the worker before everything else, because it takes longer to start than page.js takes to
// load. The hash of its URL tells it whether to make the default model at once.
try {
  const worker = new Worker(location.hash.includes('=') ? 'page-worker.js' : 'page-worker.js#names')
  // It may fail before page.js adds a listener.
  worker.addEventListener('error', () => (worker.failed = true))
  globalThis.early = worker
} catch {
  // page.js reports the error; opened from a file it does not run, and the text below is shown.
}
if (location.protocol === 'file:') {
  addEventListener('DOMContentLoaded', () => {
    const status = document.getElementById('hero-status')
    status.textContent =
      'This page needs a server: run "npx microgpt-wasm web". To open a file, take microgpt.html.'
  })
}
