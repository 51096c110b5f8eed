/** The server of `npm run web`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { POLICY, listen, webServer } from '../../src/web/server.js'

const folder = new URL('../../build', import.meta.url).pathname
let server: Server
let address: string
beforeAll(async () => {
  server = webServer(folder)
  address = await listen(server, 0, '127.0.0.1')
})
afterAll(() => server.close())

test.each([
  ['', 'text/html; charset=utf-8'],
  ['microgpt.js?v=1', 'text/javascript; charset=utf-8'],
  ['core.wasm', 'application/wasm'],
  ['page.css', 'text/css; charset=utf-8'],
])('%j is served as %s, isolated and under the policy', async (path, type) => {
  const { status, headers } = await fetch(address + path)
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe(type)
  expect(headers.get('content-security-policy')).toBe(POLICY)
  expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
  expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp')
})

test('the policy allows no unsafe thing but WebAssembly', () => {
  expect(POLICY).toContain("default-src 'self'; script-src 'self' 'wasm-unsafe-eval'")
  expect(POLICY.replace("'wasm-unsafe-eval'", '')).not.toContain('unsafe')
})

/** A path as it is: fetch would tidy it. */
const rawStatus = (path: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    const { port } = new URL(address)
    request({ port, path }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end()
  })

test.each(['/../package.json', '/..%2fsrc%2fweb%2fpage.html', '/%2e%2e/src/index.html', '/%00.js'])(
  '%s leads nowhere',
  async (path) => expect(await rawStatus(path)).toBe(404),
)
test.each(['/nothing.js', '/.stamp', '/types', '//', '/%E0%A4%A'])(
  '%s is not there',
  async (path) => expect(await rawStatus(path)).toBe(404),
)

test('what has not changed is not sent again', async () => {
  const first = await fetch(`${address}core.wasm`)
  const etag = first.headers.get('etag')!
  const again = await fetch(`${address}core.wasm`, { headers: { 'if-none-match': etag } })
  expect([again.status, (await again.arrayBuffer()).byteLength]).toEqual([304, 0])
  const other = await fetch(`${address}core.wasm`, { headers: { 'if-none-match': '"x"' } })
  expect(other.status).toBe(200)
})

test('other methods are refused', async () => {
  expect((await fetch(address, { method: 'POST' })).status).toBe(405)
})

/** Runs the program until it has said something. */
async function program(...args: string[]) {
  const child = spawn(process.execPath, [`${folder}/web.js`, ...args])
  const said = await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')])
  return { child, said: String(said[0]) }
}

test('the program prints its address, and takes --port', async () => {
  const { child, said } = await program('--port', '0')
  const [at] = said.match(/http:\/\/127\.0\.0\.1:\d+\//)!
  expect((await fetch(at)).status).toBe(200)
  const taken = await program('--port', new URL(at).port)
  expect(taken.said).toMatch(/port \d+ is in use; try --port 0/)
  child.kill()
})

test.each([
  [['--port', '99999'], /--port takes a whole number from 0 to 65535, got 99999/],
  [['--port', 'x'], /--port takes a whole number/],
  [['--speed', '1'], /--speed/],
])('%j is refused', async (args, message) => {
  const { child, said } = await program(...args)
  expect(said).toMatch(message)
  if (child.exitCode === null) await once(child, 'exit')
  expect(child.exitCode).toBe(2)
})
