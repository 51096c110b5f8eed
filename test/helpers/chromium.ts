/** One Chromium for all the tests of a run that need a browser. */
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'

/** The browser with all that people have: windows with tabs, and the back/forward cache. */
export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** Chromium's headless shell has none of that, and takes two thirds of the computing time. */
const SHELL = '/usr/bin/chromium-headless-shell'

/** What most tests use. The long forms run in the whole browser. */
export const QUICKEST =
  process.env['LONG'] !== '1' && !process.env['CHROMIUM'] && existsSync(SHELL) ? SHELL : CHROMIUM

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

declare module 'vitest' {
  interface ProvidedContext {
    /** Where test files connect to the browser of the run. */
    chromium?: string
  }
}

/** Starts the browser before the first test file that needs one, and closes it after the last. */
export default async function start(project: TestProject) {
  if (!existsSync(QUICKEST)) return undefined
  const server = await chromium.launchServer({ executablePath: QUICKEST, args: FLAGS })
  project.provide('chromium', server.wsEndpoint())
  return () => server.close()
}
