/** The program of `npx microgpt-wasm web` and `npm run web`: build/web.js. */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { listen, webServer } from './server.js'

const HELP = `microgpt-wasm web [--port 8000] [--host 127.0.0.1]

Serves the page and the files of build/ beside it. Port 0 takes a free one. Only this machine can
reach it, unless --host is an address that others can.`

const complain = (sentence: string) => console.error(`npm run web: ${sentence}`)

function options() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '8000' },
        host: { type: 'string', default: '127.0.0.1' },
        help: { type: 'boolean', default: false },
      },
    })
    const port = Number(values.port)
    if (!/^[A-Za-z0-9.:_-]+$/.test(values.host)) {
      throw new Error(`--host takes a name or an address, got ${JSON.stringify(values.host)}`)
    }
    if (!/^\d+$/.test(values.port) || port > 65535) {
      throw new Error(`--port takes a whole number from 0 to 65535, got ${values.port}`)
    }
    return { ...values, port }
  } catch (error) {
    // Node explains over several lines.
    complain((error as Error).message.split('\n')[0]!)
    process.exit(2)
  }
}

const { port, host, help } = options()
if (help) {
  console.log(HELP)
} else {
  try {
    const folder = fileURLToPath(new URL('.', import.meta.url)).replace(/[/\\]$/, '')
    const address = await listen(webServer(folder), port, host)
    console.log(`The page is at ${address}  (Ctrl-C ends it)`)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'EADDRINUSE' ? `port ${port} is in use; try --port 0` : message
    complain(`cannot serve: ${why}`)
    process.exit(1)
  }
}
