/** The rows of the table: what is installed, and how a program is built and run. */
import { bundlers } from './bundlers.mjs'

export const ROWS = { ...bundlers }
