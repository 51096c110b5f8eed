/** Clocks of the tests: a worker whose time is a count of looks at the clock. */
import type { Page } from 'playwright-core'

/** Puts a line before the program of each worker; the first worker is 0. */
export const inWorker = (page: Page, line: string | ((worker: number) => string)) => {
  let workers = 0
  return page.context().route('**/page-worker.js', async (route) => {
    const response = await route.fetch()
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
