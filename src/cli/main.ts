/** The program's entry point. No other module runs anything when it is imported. */
import { run } from './run.js'

process.exitCode = await run(process.argv.slice(2))
