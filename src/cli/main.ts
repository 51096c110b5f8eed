/** The program's entry: only here does importing run anything. */
import { run } from './run.js'

process.exitCode = await run(process.argv.slice(2))
