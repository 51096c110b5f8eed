/** A worker from worker.js beside this file, or in microgpt.inline.js from that file itself. */

/** Stands for core.wasm in the inline build: see core.ts. */
declare const INLINE_CORE: string

const NAME = 'microgpt-wasm'

export function spawn(): Worker {
  const options = { type: 'module', name: NAME } as const
  const inline = typeof INLINE_CORE === 'string'
  try {
    // Bundlers know the second form of words, and bring worker.js along.
    if (inline) return new Worker(import.meta.url, options)
    return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: NAME })
  } catch {
    // A worker must come from the page's own origin; what it imports need not.
    const from = inline ? import.meta.url : new URL('./worker.js', import.meta.url).href
    const code = new Blob([`import ${JSON.stringify(from)}`], { type: 'text/javascript' })
    return new Worker(URL.createObjectURL(code), options)
  }
}
