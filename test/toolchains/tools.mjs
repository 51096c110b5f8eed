/** What the rows of the table use: folders, commands, a server, a browser. */
import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const apps = fileURLToPath(new URL('apps', import.meta.url))
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Milliseconds for one command; building everything from git takes minutes on a busy machine. */
const PATIENCE = 900_000

/** Runs a command in a folder. @returns what it printed @throws {Error} with all that it printed */
export async function run(dir, command, args, env = {}) {
  const options = {
    cwd: dir,
    env: { ...process.env, ...env },
    timeout: PATIENCE,
    maxBuffer: 1e8,
  }
  try {
    return (await promisify(execFile)(command, args, options)).stdout
  } catch (error) {
    const lines = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim().split('\n').slice(-25)
    const why = error.killed ? `not done after ${PATIENCE / 1000} s` : (error.code ?? error.signal)
    throw new Error([`${command} ${args.join(' ')}: ${why}`, ...lines].join('\n'), {
      cause: error,
    })
  }
}

/** A program of a package that is installed in a folder. */
export const bin = (dir, name, args, env) =>
  run(dir, join(dir, 'node_modules/.bin', name), args, env)

/** The last line that a program prints, as JSON: what check() found. */
export async function printed(dir, command, args, env) {
  return JSON.parse((await run(dir, command, args, env)).trim().split('\n').at(-1))
}

/** What programs print to color text. */
const COLORS = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g')

/** Starts a server and waits until what it prints matches. @returns what ends it, and the match */
export function start(dir, command, args, ready, env = {}) {
  const child = spawn(command, args, { cwd: dir, env: { ...process.env, ...env }, detached: true })
  let heard = ''
  return new Promise((resolve, reject) => {
    const stop = () => {
      try {
        process.kill(-child.pid)
      } catch {
        // It has ended by itself.
      }
    }
    const timer = setTimeout(() => {
      stop()
      reject(new Error(`${command} ${args.join(' ')} is not ready after 120 s:\n${heard}`))
    }, 120_000)
    const hear = (data) => {
      heard += data
      // Without its colors.
      const match = ready.exec(heard.replace(COLORS, ''))
      if (!match) return
      clearTimeout(timer)
      resolve({ stop, match })
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`${command} ended with ${code}:\n${heard}`))
    })
  })
}

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
}

/** What isolates a page, so that threads can share memory. */
export const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'cross-origin',
}

/** Serves a folder. @returns its address, what ends it, and the paths that were asked for */
export async function serve(dir, headers = ISOLATED) {
  const asked = []
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url, 'http://localhost')
    asked.push(pathname)
    const path = join(dir, decodeURIComponent(pathname === '/' ? '/index.html' : pathname))
    try {
      const body = readFileSync(path)
      response.writeHead(200, { ...headers, 'content-type': TYPES[extname(path)] ?? 'text/plain' })
      response.end(body)
    } catch {
      response.writeHead(404, headers).end()
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () => {
    server.closeAllConnections()
    server.close()
  }
  return { address: `http://127.0.0.1:${server.address().port}/`, stop, asked }
}

/** Opens a page in Chromium and waits for what check() finds there. */
export async function browse(url) {
  const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--allow-file-access-from-files']
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: args.slice(0, 3) })
  const trouble = []
  try {
    const page = await browser.newPage()
    page.on('pageerror', ({ message }) => trouble.push(message))
    page.on('console', (message) => message.type() === 'error' && trouble.push(message.text()))
    await page.goto(url)
    await page.waitForFunction(() => globalThis.done !== undefined, null, { timeout: 30_000 })
    return await page.evaluate(() => globalThis.done)
  } catch (error) {
    throw new Error(`${error.message}\n${trouble.join('\n')}`, { cause: error })
  } finally {
    await browser.close()
  }
}

/** Serves a folder and opens its page. */
export async function browseFolder(dir, path = '', headers = ISOLATED) {
  const site = await serve(dir, headers)
  try {
    return await browse(site.address + path)
  } finally {
    site.stop()
  }
}
