const headers = [
  { key: 'cross-origin-opener-policy', value: 'same-origin' },
  { key: 'cross-origin-embedder-policy', value: 'require-corp' },
]

export default {
  headers: async () => [{ source: '/(.*)', headers }],
  // On the server the package is loaded from node_modules, with its files beside it.
  serverExternalPackages: ['microgpt-wasm'],
}
