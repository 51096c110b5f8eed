/**
 * Tabs that can really be hidden. Playwright holds every page that it knows for visible; a page of a
 * browser context that it does not know is left alone, and is spoken to through the browser.
 */
import type { Browser } from 'playwright-core'

export interface Tab {
  /** The value of an expression in the page, waited for. */
  value<T>(expression: string): Promise<T>
  /** Brings it to the front of its window; the others of the window are hidden. */
  toFront(): Promise<void>
}

/** Two tabs of one window: the second one is in front. */
export async function tabs(browser: Browser, urls: readonly string[]): Promise<Tab[]> {
  const cdp = await browser.newBrowserCDPSession()
  const { browserContextId } = await cdp.send('Target.createBrowserContext')
  const waiting = new Map<string, (result: { result: { value: never } }) => void>()
  cdp.on('Target.receivedMessageFromTarget', ({ sessionId, message }) => {
    const { id, result } = JSON.parse(message)
    waiting.get(`${sessionId} ${id}`)?.(result)
  })
  const open = async (url: string): Promise<Tab> => {
    const { targetId } = await cdp.send('Target.createTarget', { url, browserContextId })
    const { sessionId } = await cdp.send('Target.attachToTarget', { targetId, flatten: false })
    let last = 0
    return {
      async value(expression) {
        const id = ++last
        const params = { expression, awaitPromise: true, returnByValue: true }
        const message = JSON.stringify({ id, method: 'Runtime.evaluate', params })
        const answer = new Promise<{ result: { value: never } }>((resolve) =>
          waiting.set(`${sessionId} ${id}`, resolve),
        )
        await cdp.send('Target.sendMessageToTarget', { sessionId, message })
        return (await answer).result.value
      },
      async toFront() {
        await cdp.send('Target.activateTarget', { targetId })
      },
    }
  }
  const opened: Tab[] = []
  for (const url of urls) opened.push(await open(url))
  return opened
}
