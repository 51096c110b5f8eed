// Before all else: a worker takes longer to start than the page takes to read its own script. The
// first one is told in its address whether to begin with the shipped names.
try {
  const worker = new Worker(location.hash.includes('=') ? 'page-worker.js' : 'page-worker.js#names')
  // It may fail before page.js listens.
  worker.addEventListener('error', () => (worker.failed = true))
  globalThis.early = worker
} catch {
  // page.js says why, where it runs; from a file it does not.
}
if (location.protocol === 'file:') {
  addEventListener('DOMContentLoaded', () => {
    const status = document.getElementById('hero-status')
    status.textContent =
      'This page needs a server: run "npx microgpt-wasm web". To open a file, take microgpt.html.'
  })
}
