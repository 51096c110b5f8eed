/** Workers of the web: started from another origin too, and told apart from those that say nothing. */

/** Milliseconds after which a worker that says nothing counts as failed. */
export const START_PATIENCE = 10_000

/**
 * A worker that runs a classic script. Browsers start one only from the page's own origin; a script
 * from another one is imported by a worker that is.
 */
export function startScript(url: URL): Worker {
  try {
    return new Worker(url)
  } catch (error) {
    // Deno has module workers alone; the scripts are valid modules too.
    if ((error as Error).name === 'NotSupportedError') return new Worker(url, { type: 'module' })
    const code = `importScripts(${JSON.stringify(url.href)})`
    return new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })))
  }
}

/** Why a worker has failed, where the event says so, or what may be the reason. */
export function whyFailed(event: { message?: string }, url: URL): string {
  if (event.message) return event.message
  const source = "its source was refused; allow it by worker-src blob: in the page's"
  if (url.protocol === 'blob:') return `${source} Content-Security-Policy`
  return `its script could not be loaded; serve ${url.href} as JavaScript (text/javascript)`
}
