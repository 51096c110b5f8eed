/** Browsers: each is started with an address, and its page sends back what it has found. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'

const TYPES = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const CHROMIUM_FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run']

/** Profile settings that keep Firefox from asking for anything. */
const FIREFOX_PREFS = `user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.enabled", false);
user_pref("browser.aboutwelcome.enabled", false);
`

/** Where Debian has WebKitGTK's small browser. */
function miniBrowser() {
  const lib = '/usr/lib/x86_64-linux-gnu'
  if (!existsSync(lib)) return null
  const folders = readdirSync(lib).filter((name) => name.startsWith('webkit2gtk-'))
  const paths = [...folders, 'webkitgtk-6.0'].map((name) => join(lib, name, 'MiniBrowser'))
  return paths.find((path) => existsSync(path)) ?? null
}

/**
 * By name: what is needed, the command that opens an address with a profile folder, and whether a
 * frozen page can block the store for the next one.
 */
export const BROWSERS = {
  chromium: {
    missing: () => !existsSync(CHROMIUM) && 'apt-get install chromium',
    command: (url, profile) => [CHROMIUM, ...CHROMIUM_FLAGS, `--user-data-dir=${profile}`, url],
  },
  firefox: {
    missing: () => !existsSync('/usr/bin/firefox-esr') && 'apt-get install firefox-esr',
    command(url, profile) {
      writeFileSync(join(profile, 'user.js'), FIREFOX_PREFS)
      return ['/usr/bin/firefox-esr', '--headless', '--no-remote', '--profile', profile, url]
    },
  },
  webkitgtk: {
    missing: () =>
      !(miniBrowser() && existsSync('/usr/bin/xvfb-run')) &&
      'apt-get install webkit2gtk-driver xvfb xauth',
    command: (url) => ['/usr/bin/xvfb-run', '-a', miniBrowser(), url],
    // A transaction makes its requests only when the worker has heard that it has begun.
    blocksStore: true,
  },
}

/**
 * What a browser's page sends back.
 * @param start the page of the folder that is opened
 */
export async function valuesInBrowser(
  folder,
  { command },
  { start = 'page.html', headers = {} } = {},
) {
  const profile = mkdtempSync(join(tmpdir(), 'profile-'))
  let answer
  const answered = new Promise((resolve) => (answer = resolve))
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      let body = ''
      for await (const part of request) body += part
      response.end()
      answer(JSON.parse(body))
      return
    }
    const { pathname } = new URL(request.url, 'http://localhost')
    const path = join(folder, pathname === '/' ? start : pathname)
    try {
      const file = readFileSync(path)
      const type = TYPES[extname(path)] ?? 'text/plain'
      response.writeHead(200, { ...headers, 'content-type': type }).end(file)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${server.address().port}/`
  const [program, ...args] = command(url, profile)
  const env = { ...process.env, HOME: profile, WEBKIT_DISABLE_COMPOSITING_MODE: '1' }
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (data) => (said += data))
  const late = new Promise((_, reject) => {
    const fail = () => reject(new Error(`no answer after 120 s\n${said.slice(-2000)}`))
    setTimeout(fail, 120_000).unref()
  })
  try {
    return await Promise.race([answered, late])
  } finally {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
    server.closeAllConnections()
    server.close()
    await new Promise((resolve) => setTimeout(resolve, 300))
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
