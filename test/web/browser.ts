/**
 * Chromium for the tests of this folder, started once per file, and servers of the repository's
 * files.
 */
import { existsSync } from 'node:fs'
import type { Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest'
import { HEADERS, listen, webServer } from '../../src/web/server.js'

export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** The tests must also run on a machine without a sandbox or a network. */
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const HOW = 'install Chromium (apt-get install chromium), or set CHROMIUM to its path'

/** Whether to run the long form of the tests: more steps, and a separate page for every case. */
export const LONG = process.env['LONG'] === '1'

/** The browsers of a test file by their flags, with the number of suites that still use each. */
const browsers = new Map<string, { users: number; started: Promise<Browser> | null }>()

export interface Site {
  /** Opens a new page until the test ends; its errors are collected in `trouble`. */
  open(path: string, options?: Parameters<Browser['newContext']>[0]): Promise<Opened>
  address: string
  browser(): Browser
}

export interface Opened extends Page {
  trouble: string[]
}

/** With reduced motion a page trains as fast as possible. */
const STILL = { reducedMotion: 'reduce' } as const

/**
 * Tests in a browser. Without one they fail if CI is set, and otherwise are skipped with a warning.
 * @param headers the headers of the server; by default the strict ones of the page
 * @param shared whether pages without options share a context and so the cache of files; each test
 *   still begins with an empty store, unless a worker writes late
 */
export function inBrowser(
  name: string,
  body: (site: Site) => void,
  { folder = `${root}/build`, headers = HEADERS, flags = [] as string[], shared = false } = {},
): void {
  if (!existsSync(CHROMIUM)) {
    if (process.env['CI']) {
      test(name, () => {
        throw new Error(`there is no browser at ${CHROMIUM}, and CI must not go without: ${HOW}`)
      })
      return
    }
    console.warn(`NOT RUN: "${name}" needs a browser, and there is none at ${CHROMIUM}. ${HOW}.`)
    describe.skip(name, () => body({} as Site))
    return
  }
  describe(name, () => {
    let browser: Browser
    let server: Server
    const own = browsers.get(flags.join()) ?? { users: 0, started: null }
    browsers.set(flags.join(), own)
    own.users++
    const contexts: BrowserContext[] = []
    let cached: BrowserContext | null = null
    const site: Site = {
      address: '',
      browser: () => browser,
      async open(path, options = {}) {
        const common = shared && Object.keys(options).length === 0
        const context = (common && cached) || (await browser.newContext({ ...STILL, ...options }))
        if (common) cached = context
        else contexts.push(context)
        const trouble: string[] = []
        const page = Object.assign(await context.newPage(), { trouble })
        page.on('pageerror', ({ message }) => trouble.push(message))
        page.on('console', (message) => {
          if (message.type() === 'error') trouble.push(message.text())
        })
        await page.goto(/^[a-z]+:/.test(path) ? path : `${site.address}${path}`)
        return page
      },
    }
    beforeAll(async () => {
      server = webServer(folder, headers)
      site.address = await listen(server, 0, '127.0.0.1')
      own.started ??= chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...flags] })
      browser = await own.started
    })
    // A page that keeps training would slow down the other tests.
    afterEach(async () => {
      for (const context of contexts.splice(0)) await context.close()
      if (cached) await empty(cached, site.address)
    })
    afterAll(async () => {
      if (--own.users === 0) await browser?.close()
      server?.closeAllConnections()
      server?.close()
    })
    body(site)
  })
}

/** Closes the pages of a context, and removes their stored data and routes. */
async function empty(context: BrowserContext, address: string): Promise<void> {
  await context.unrouteAll()
  const [last, ...others] = context.pages()
  for (const page of others) await page.close()
  if (!last) return
  await last.goto('about:blank')
  const cdp = await context.newCDPSession(last)
  const { origin } = new URL(address)
  await cdp.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb,local_storage' })
  await last.close()
}
