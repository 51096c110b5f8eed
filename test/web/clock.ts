/** Clocks of the tests: a worker whose time is a count of looks at the clock. */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { root } from './browser.js'

/** Puts a line before the program of each worker; the first worker is 0. */
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
 * Each look at the clock takes it on by so many milliseconds: a step, with a look before and one
 * after it, takes exactly as long, on any machine.
 * @param date what Date.now says
 */
export const ticking = (ms: number, date = Date.UTC(2024, 1, 29, 22, 13, 20)) =>
  `{ let looks = 0; performance.now = () => ${ms} * looks++; Date.now = () => ${date} }`

/** Times that the clock of a hurried page is faster. */
const HURRY = 10

/** A folder with the page, whose timers and clocks run faster in the page and in its workers. */
export function hurriedPage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hurried-'))
  const line = `{ const later = globalThis.setTimeout
    globalThis.setTimeout = (task, ms = 0, ...rest) => later(task, ms / ${HURRY}, ...rest)
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
