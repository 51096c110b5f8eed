/** Clocks for the tests: a clock that advances at each reading, and a page that runs faster. */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { root } from './browser.js'

/** Inserts a line before the program of each worker; the first worker is number 0. */
export const inWorker = (page: Page, line: string | ((worker: number) => string)) => {
  let workers = 0
  return page.context().route('**/page-worker.js', async (route) => {
    // The server may close an idle connection just when it is used again.
    const response = await route.fetch({ maxRetries: 3 })
    const first = typeof line === 'string' ? line : line(workers++)
    await route.fulfill({ response, body: `${first}\n${await response.text()}` })
  })
}

/**
 * A clock that advances by `ms` at each reading. A step reads it once before and once after, so it
 * takes exactly `ms` on any machine.
 * @param date the value of Date.now()
 */
export const ticking = (ms: number, date = Date.UTC(2024, 1, 29, 22, 13, 20)) =>
  `{ let looks = 0; performance.now = () => ${ms} * looks++; Date.now = () => ${date} }`

/** How many times faster the clock of a hurried page runs. */
const HURRY = 10
/** The page's patience with its worker, in ms, is not hurried: on a busy machine it takes that long. */
const PATIENCE = 15_000

/** A folder with a copy of the page; timers and clocks run faster in the page and its workers. */
export function hurriedPage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hurried-'))
  const line = `{ const later = globalThis.setTimeout
    globalThis.setTimeout = (task, ms = 0, ...rest) =>
      later(task, ms < ${PATIENCE} ? ms / ${HURRY} : ms, ...rest)
    const now = performance.now.bind(performance)
    performance.now = () => ${HURRY} * now() }`
  for (const name of ['index.html', 'page.css', 'page.js', 'core.wasm', 'icon.svg']) {
    cpSync(`${root}/build/${name}`, join(folder, name))
  }
  for (const name of ['boot.js', 'page-worker.js']) {
    const program = readFileSync(`${root}/build/${name}`, 'utf8')
    writeFileSync(join(folder, name), `${line}\n${program}`)
  }
  return folder
}
