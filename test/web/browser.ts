/** A site for the tests of this folder: Chromium, and a server of the repository's files. */
import { existsSync } from 'node:fs'
import type { Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, inject, test } from 'vitest'
import { HEADERS, listen, webServer } from '../../src/web/server.js'
import { CHROMIUM, FLAGS, QUICKEST } from '../helpers/chromium.js'
import { type Opened, type PageOptions, Pages } from './pages.js'

export { FLAGS, QUICKEST } from '../helpers/chromium.js'
export type { Opened } from './pages.js'

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

const HOW = 'install Chromium (apt-get install chromium), or set CHROMIUM to its path'

/** Whether to run the long form of the tests: more steps, and a separate page for every case. */
export const LONG = process.env['LONG'] === '1'

export interface Site {
  /** Opens a page until the test ends. Its store is empty, unless the test has opened one before. */
  open(path: string, options?: PageOptions): Promise<Opened>
  address: string
  browser(): Browser
}

interface Started {
  browser: Browser
  pages: Pages
}

/** The browser of the run and its pages: for all the test files that this process runs. */
let common: Promise<Started> | null = null

/** A browser of one suite, if it needs another or the run has started none. */
const launch = (whole: boolean, flags: string[]) =>
  chromium.launch({
    executablePath: whole ? CHROMIUM : QUICKEST,
    args: [...FLAGS, ...flags],
    // Playwright turns off this cache, in which pages wait that have been left.
    ...(whole && { ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
  })

const withPages = (browser: Browser): Started => ({ browser, pages: new Pages(browser) })

/**
 * Tests in a browser. Without one they fail if CI is set, and otherwise are skipped with a warning.
 * @param headers the headers of the server; by default the strict ones of the page
 * @param flags flags of the command line, for a browser that only these tests use
 * @param whole whether the tests need a separate browser that is as people have it: with tabs that can
 *   be hidden, and the back/forward cache
 */
export function inBrowser(
  name: string,
  body: (site: Site) => void,
  { folder = `${root}/build`, headers = HEADERS, flags = [] as string[], whole = false } = {},
): void {
  const executable = whole ? CHROMIUM : QUICKEST
  if (!existsSync(executable)) {
    if (process.env['CI']) {
      test(name, () => {
        throw new Error(`there is no browser at ${executable}, and CI must not go without: ${HOW}`)
      })
      return
    }
    console.warn(`NOT RUN: "${name}" needs a browser, and there is none at ${executable}. ${HOW}.`)
    describe.skip(name, () => body({} as Site))
    return
  }
  describe(name, () => {
    let started: Started
    let server: Server
    const endpoint = flags.length === 0 && !whole ? inject('chromium') : undefined
    const site: Site = {
      address: '',
      browser: () => started.browser,
      async open(path, options = {}) {
        const page = await started.pages.open(options)
        await page.goto(/^[a-z]+:/.test(path) ? path : `${site.address}${path}`)
        return page
      },
    }
    beforeAll(async () => {
      server = webServer(folder, headers)
      site.address = await listen(server, 0, '127.0.0.1')
      if (endpoint) common ??= chromium.connect(endpoint).then(withPages)
      started = await (endpoint ? common! : launch(whole, flags).then(withPages))
    })
    afterEach(() => started.pages.endTest(site.address))
    afterAll(async () => {
      if (!endpoint) await started?.browser.close()
      server?.closeAllConnections()
      server?.close()
    })
    body(site)
  })
}
