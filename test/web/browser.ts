/** A site for the tests of this folder: Chromium, and a server of the repository's files. */
import { existsSync } from 'node:fs'
import type { Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, inject, test } from 'vitest'
import { HEADERS, listen, webServer } from '../../src/web/server.js'
import { CHROMIUM, FLAGS } from '../helpers/chromium.js'
import { type Opened, type PageOptions, Pages } from './pages.js'

export { CHROMIUM, FLAGS } from '../helpers/chromium.js'
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

/** A browser of one suite, if it needs other flags or the run has started none. */
const launch = (flags: string[]) =>
  chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...flags] })

const withPages = (browser: Browser): Started => ({ browser, pages: new Pages(browser) })

/**
 * Tests in a browser. Without one they fail if CI is set, and otherwise are skipped with a warning.
 * @param headers the headers of the server; by default the strict ones of the page
 * @param flags flags of the command line, for a browser that only these tests use
 */
export function inBrowser(
  name: string,
  body: (site: Site) => void,
  { folder = `${root}/build`, headers = HEADERS, flags = [] as string[] } = {},
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
    let started: Started
    let server: Server
    const endpoint = flags.length === 0 ? inject('chromium') : undefined
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
      started = await (endpoint ? common! : launch(flags).then(withPages))
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
