/** A worker from the file beside this one. */

/** Bundlers know this form of words and bring worker.js along. */
export function spawn(): Worker {
  try {
    return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
  } catch {
    // A worker must come from the page's own origin; what it imports need not.
    return spawnImporting(new URL('./worker.js', import.meta.url).href)
  }
}

export function spawnImporting(url: string, name = ''): Worker {
  const code = new Blob([`import ${JSON.stringify(url)}`], { type: 'text/javascript' })
  return new Worker(URL.createObjectURL(code), { type: 'module', name })
}
