/** The `web` command: serves the page, or exports it as static files. */
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { TORCH_SCRIPT } from '../export/pytorch.js'
import { POLICY, listen, webServer } from './server.js'

const HELP = `microgpt-wasm web [--port 8000] [--host 127.0.0.1]
microgpt-wasm web --export DIR

Serves the page, and the files of build/ beside it. Port 0 takes a free one. Only this machine
can reach it, unless --host is an address that others can.
--export writes the page as static files for any web host into DIR, which must be new or empty.
`

/** The files of the build folder that the page needs. */
const PAGE_FILES = [
  ...['index.html', 'page.css', 'page.js', 'boot.js', 'page-worker.js', 'icon.svg', 'preview.png'],
  ...['core.wasm', TORCH_SCRIPT],
]

const folder = () => fileURLToPath(new URL('.', import.meta.url)).replace(/[/\\]$/, '')

interface Options {
  port: number
  host: string
  export?: string | undefined
  help: boolean
}

/** @throws {Error} for unknown flags or invalid values */
function parse(argv: string[]): Options {
  const { values } = parseArgs({
    args: argv,
    options: {
      port: { type: 'string', default: '8000' },
      host: { type: 'string', default: '127.0.0.1' },
      export: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const port = Number(values.port)
  if (!/^\d+$/.test(values.port) || port > 65535) {
    throw new Error(`--port takes a whole number from 0 to 65535, got ${values.port}`)
  }
  if (!/^[A-Za-z0-9.:_-]+$/.test(values.host)) {
    throw new Error(`--host takes a name or an address, got ${JSON.stringify(values.host)}`)
  }
  if (values.export === '') throw new Error('--export takes a folder, got nothing')
  return { ...values, port }
}

/** Runs the command. @returns the exit code; a server keeps running until it is stopped */
export async function web(argv: string[], program = 'microgpt-wasm web'): Promise<number> {
  let options: Options
  try {
    options = parse(argv)
  } catch (error) {
    // Node's message has several lines; the first is enough.
    console.error(`${program}: ${(error as Error).message.split('\n')[0]}`)
    return 2
  }
  if (options.help) {
    process.stdout.write(HELP)
    return 0
  }
  return options.export === undefined ? serve(options) : exportTo(options.export)
}

async function serve({ port, host }: Options): Promise<number> {
  try {
    const address = await listen(webServer(folder()), port, host)
    console.log(`The page is at ${address}  (Ctrl-C stops the server)`)
    return 0
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'EADDRINUSE' ? `port ${port} is in use; try --port 0` : message
    console.error(`cannot serve: ${why}`)
    return 1
  }
}

async function exportTo(target: string): Promise<number> {
  try {
    await mkdir(target, { recursive: true })
    if ((await readdir(target)).length > 0) {
      console.error(`${target} is not empty: --export writes into a new or empty folder only`)
      return 2
    }
    for (const name of PAGE_FILES) {
      if (name === 'index.html') await writeFile(join(target, name), await staticPage())
      else await copyFile(join(folder(), name), join(target, name))
    }
    console.log(`The page is in ${target}: ${PAGE_FILES.length} files for any web host`)
    return 0
  } catch (error) {
    console.error(`cannot export: ${(error as Error).message}`)
    return 1
  }
}

/**
 * The page with its content security policy in a meta tag, since a static host does not send our
 * headers.
 */
async function staticPage(): Promise<string> {
  // Browsers ignore frame-ancestors in a meta tag.
  const policy = POLICY.replace(/; frame-ancestors [^;]*/, '')
  const html = await readFile(join(folder(), 'index.html'), 'utf8')
  return html.replace(
    '<meta charset="utf-8" />',
    (charset) =>
      `${charset}\n    <meta http-equiv="content-security-policy" content="${policy}" />`,
  )
}
