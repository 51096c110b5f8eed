/** build/web.js: the program behind `npm run web`. */
import { web } from './command.js'

process.exitCode = await web(process.argv.slice(2), 'npm run web')
