/**
 * Tabs that can really be hidden. Playwright makes every page that it knows visible. These tabs are
 * in a browser context that it does not know, and are controlled through the browser.
 */
import type { Browser } from 'playwright-core'

export interface Tab {
  /** Evaluates an expression in the page and waits for its value. */
  value<T>(expression: string): Promise<T>
  /** Brings the tab to the front of its window, which hides the other tabs. */
  toFront(): Promise<void>
}

interface Answer {
  result?: { result: { value: never } }
  error?: { message: string }
}

/** Opens tabs in one window; the last one is in front. */
export async function tabs(browser: Browser, urls: readonly string[]): Promise<Tab[]> {
  const cdp = await browser.newBrowserCDPSession()
  const { browserContextId } = await cdp.send('Target.createBrowserContext')
  const waiting = new Map<string, (answer: Answer) => void>()
  cdp.on('Target.receivedMessageFromTarget', ({ sessionId, message }) => {
    const answer = JSON.parse(message)
    waiting.get(`${sessionId} ${answer.id}`)?.(answer)
  })
  const open = async (url: string): Promise<Tab> => {
    const { targetId } = await cdp.send('Target.createTarget', { url, browserContextId })
    const { sessionId } = await cdp.send('Target.attachToTarget', { targetId, flatten: false })
    let last = 0
    const ask = async (expression: string): Promise<Answer> => {
      const id = ++last
      const params = { expression, awaitPromise: true, returnByValue: true }
      const message = JSON.stringify({ id, method: 'Runtime.evaluate', params })
      const answer = new Promise<Answer>((resolve) => waiting.set(`${sessionId} ${id}`, resolve))
      await cdp.send('Target.sendMessageToTarget', { sessionId, message })
      return answer
    }
    return {
      async value(expression) {
        for (let tries = 1; ; tries++) {
          const { result, error } = await ask(expression)
          if (result) return result.result.value
          // A tab that has just been opened may still change its document: try again.
          if (tries === 20) throw new Error(error?.message)
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
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
