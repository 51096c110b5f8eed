/** The rows of the table: what is installed, and how a program is built and run. */
import { bundlers } from './bundlers.mjs'
import { pages } from './pages.mjs'
import { runtimes } from './runtimes.mjs'
import { types } from './types.mjs'

export const ROWS = { ...bundlers, ...runtimes, ...pages, ...types }
