/**
 * Pages of a browser that are used again. A new context and page take more than a second of computing
 * time, most of it to start processes and to compile the page's programs. Another visit with the
 * same page takes half of that.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core'

export interface Opened extends Page {
  /** The errors of the page and its console. */
  trouble: string[]
}

export interface PageOptions extends NonNullable<Parameters<Browser['newContext']>[0]> {
  /** Opens the page in another context, which shares no store with the other pages. */
  separate?: boolean
}

const VIEWPORT = { width: 1280, height: 720 }

/** Milliseconds until a test gives up waiting: on a busy machine a page may take long. */
const PATIENCE = 120_000

export class Pages {
  readonly #browser: Browser
  /** The context that tests use one after the other, and its page that waits for the next test. */
  #context: BrowserContext | null = null
  #idle: Opened | null = null
  /** What the current test has opened. */
  readonly #separate: BrowserContext[] = []
  /**
   * Pages that another test may use: they were opened here, have not crashed, and run no scripts of
   * a test.
   */
  readonly #reusable = new Set<Page>()

  constructor(browser: Browser) {
    this.#browser = browser
  }

  /**
   * A blank page until the test ends. By default it trains as fast as possible, as it does for
   * everyone who prefers reduced motion.
   */
  async open(options: PageOptions): Promise<Opened> {
    const {
      separate,
      viewport = VIEWPORT,
      colorScheme = 'light',
      reducedMotion = 'reduce',
      ...rest
    } = options
    if (separate || Object.keys(rest).length > 0) {
      const all = { viewport, colorScheme, reducedMotion, ...rest }
      const context = await this.#newContext(all)
      this.#separate.push(context)
      return this.#watched(await context.newPage())
    }
    this.#context ??= await this.#newShared()
    const page = this.#idle ?? this.#watched(await this.#context.newPage())
    this.#idle = null
    page.trouble = []
    await page.emulateMedia({ colorScheme, reducedMotion })
    if (viewport) await page.setViewportSize(viewport)
    return page
  }

  /** Ends what the test has opened: no page trains on, stores are empty, and nothing is routed. */
  async endTest(address: string): Promise<void> {
    for (const context of this.#separate.splice(0)) await context.close()
    if (!this.#context) return
    await this.#context.unrouteAll({ behavior: 'ignoreErrors' })
    for (const page of this.#context.pages()) {
      if (!this.#idle && this.#reusable.has(page)) {
        await empty(page, address)
        this.#idle = page as Opened
      } else if (page !== this.#idle) await page.close()
    }
  }

  async #newContext(options: PageOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext(options)
    context.setDefaultTimeout(PATIENCE)
    return context
  }

  async #newShared(): Promise<BrowserContext> {
    const context = await this.#newContext()
    context.on('close', () => {
      this.#context = null
      this.#idle = null
    })
    return context
  }

  /** Collects the errors of a page, and notes whether another test may use it. */
  #watched(page: Page): Opened {
    const opened: Opened = Object.assign(page, { trouble: [] as string[] })
    page.on('pageerror', ({ message }) => opened.trouble.push(message))
    page.on('console', (message) => {
      if (message.type() === 'error') opened.trouble.push(message.text())
    })
    this.#reusable.add(page)
    page.on('crash', () => this.#reusable.delete(page))
    const add = page.addInitScript.bind(page)
    page.addInitScript = (...script: Parameters<typeof add>) => {
      this.#reusable.delete(page)
      return add(...script)
    }
    return opened
  }
}

/** Leaves a page for a blank one, which asks nothing of a server, and forgets what its pages stored. */
async function empty(page: Page, address: string): Promise<void> {
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await page.goto('about:blank')
  await page.mouse.move(0, 0)
  const cdp = await page.context().newCDPSession(page)
  const { origin } = new URL(address)
  await cdp.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb,local_storage' })
  await cdp.detach()
}
