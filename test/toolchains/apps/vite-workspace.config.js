// Threads need an isolated page.
const headers = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}

// Vite 7 would move the code into its cache, away from the core and the workers.
export default { server: { headers }, optimizeDeps: { exclude: ['microgpt-wasm'] } }
