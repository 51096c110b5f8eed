/** The server of `npm run web`: its exact responses, and what it does not serve. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders, Server } from 'node:http'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen, webServer } from '../../src/web/server.js'

/** A folder to serve, and others around it that must not be served. */
const parent = mkdtempSync(join(tmpdir(), 'server-'))
const folder = join(parent, 'build')
const BODIES: Record<string, string> = {
  'build/index.html': '<!doctype html><title>é</title>',
  'build/page.css': 'body {}',
  'build/page.js': 'export {}',
  'build/icon.svg': '<svg/>',
  'build/core.wasm': '\0asm',
  'build/microgpt_torch.py': 'import torch',
  'build/deep/er/page.js': 'deep',
  'build/a b+c.js': 'a space',
  'build/100%.js': 'a percent sign',
  'build/chunk-B7xQ.js': 'a name with capitals',
  'build/notes.txt': 'no type of the page',
  'build/core.js.map': 'no type of the page',
  'build/.stamp': 'no type at all',
  'build/html': 'no type at all',
  'build/folder.js/inside.js': 'in a folder whose name ends like a file',
  'build-secret/page.js': 'secret: its path begins like that of the folder',
  'build.js': 'secret: likewise',
  'secret.js': 'secret',
  'secret/page.js': 'secret',
}

let server: Server
let address: string
beforeAll(async () => {
  for (const [name, body] of Object.entries(BODIES)) {
    mkdirSync(join(parent, name, '..'), { recursive: true })
    writeFileSync(join(parent, name), body)
  }
  server = webServer(folder)
  address = await listen(server, 0, '127.0.0.1')
})
afterAll(() => {
  server.close()
  rmSync(parent, { recursive: true })
})

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** Requests a path as it is; fetch would normalize it. */
function ask(path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> {
  const { hostname, port } = new URL(address)
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method, headers }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      const { statusCode, headers: sent } = response
      response.on('end', () => resolve({ status: statusCode!, headers: sent, body }))
    })
      .on('error', reject)
      .end()
  })
}

/** All headers for a content type, without those that Node adds. */
const sent = (type: string) => ({
  'content-type': type,
  'content-security-policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
})

/** The headers of a response, without those that Node adds and those that depend on the file. */
function named({ headers }: Answer): IncomingHttpHeaders {
  const { date: _, connection: _c, 'keep-alive': _k, etag: _e, ...rest } = headers
  const { 'content-length': _l, ...ours } = rest
  return ours
}

describe('what is served', () => {
  test.each([
    ['/', 'build/index.html', 'text/html; charset=utf-8'],
    ['/index.html', 'build/index.html', 'text/html; charset=utf-8'],
    ['/page.css', 'build/page.css', 'text/css; charset=utf-8'],
    ['/page.js', 'build/page.js', 'text/javascript; charset=utf-8'],
    ['/microgpt_torch.py', 'build/microgpt_torch.py', 'text/x-python; charset=utf-8'],
    ['/page.js?v=1&x=../..', 'build/page.js', 'text/javascript; charset=utf-8'],
    ['/deep/er/page.js', 'build/deep/er/page.js', 'text/javascript; charset=utf-8'],
    ['/deep/../page.js', 'build/page.js', 'text/javascript; charset=utf-8'],
    ['/a%20b+c.js', 'build/a b+c.js', 'text/javascript; charset=utf-8'],
    ['/100%25.js', 'build/100%.js', 'text/javascript; charset=utf-8'],
    ['/chunk-B7xQ.js', 'build/chunk-B7xQ.js', 'text/javascript; charset=utf-8'],
    ['/icon.svg', 'build/icon.svg', 'image/svg+xml'],
    ['/favicon.ico', 'build/icon.svg', 'image/svg+xml'],
    ['/core.wasm', 'build/core.wasm', 'application/wasm'],
  ])('%s is %s, %s', async (path, file, type) => {
    const answer = await ask(path)
    expect(answer).toMatchObject({ status: 200, body: BODIES[file] })
    expect(named(answer)).toEqual(sent(type))
    expect(answer.headers['content-length']).toBe(`${Buffer.byteLength(BODIES[file]!)}`)
    expect(answer.headers.etag).toMatch(/^"[^"]+"$/)
  })

  test('HEAD has the headers of GET, and no body', async () => {
    const [get, head] = [await ask('/'), await ask('/', 'HEAD')]
    expect(head).toMatchObject({ status: 200, body: '' })
    const { date: _g, ...got } = get.headers
    const { date: _h, ...headers } = head.headers
    expect(headers).toEqual(got)
  })

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])(
    '%s is refused',
    async (method) => {
      const answer = await ask('/page.js', method)
      expect(answer).toMatchObject({ status: 405, body: 'only GET and HEAD\n' })
      expect(named(answer)).toEqual({ ...sent('text/plain'), allow: 'GET, HEAD' })
    },
  )
})

describe('what is not served', () => {
  test.each([
    ...['/nothing.js', '/notes.txt', '/core.js.map', '/.stamp', '/html', '/deep', '/deep/', '//'],
    // A folder, and invalid paths.
    ...['/folder.js', '/folder.js/', '/%E0%A4%A', '/%', '/page.js%00', '/%00.js', '/page.js%00.js'],
    // Names of object properties.
    ...['/constructor', '/__proto__', '/toString'],
  ])('%s is not found', async (path) => {
    const answer = await ask(path)
    expect(answer).toMatchObject({ status: 404, body: 'there is no such file here\n' })
    expect(named(answer)).toEqual(sent('text/plain'))
    expect(answer.headers.etag).toBeUndefined()
  })

  test.each([
    ...['/../secret.js', '/../../secret.js', '/deep/../../secret.js', '/./../secret.js'],
    ...['/..%2fsecret.js', '/..%2Fsecret.js', '/%2e%2e/secret.js', '/%2E%2E%2fsecret.js'],
    ...['/.%2e/secret.js', '/deep%2f..%2f..%2fsecret.js', '/deep/..%2f..%2fsecret.js'],
    // Decoded once, not twice.
    ...['/%252e%252e%252fsecret.js', '/..%252fsecret.js', '/..%c0%afsecret.js'],
    ...['/..\\secret.js', '/..%5csecret.js', '/..;/secret.js', '/..%2f..%2f..%2fsecret.js'],
    ...['/..%2fsecret/page.js', `/${encodeURIComponent(join(parent, 'secret.js'))}`],
    // Next to the folder, with a name that begins like the folder's.
    ...[
      '/../build-secret/page.js',
      '/..%2fbuild-secret%2fpage.js',
      '/%2e%2e%2fbuild-secret/page.js',
    ],
    ...['/..%2fbuild.js', '/-secret/page.js', '-secret/page.js', '.js'],
    // URLs with a host.
    ...['http://localhost/..%2fsecret.js', '//localhost/..%2fsecret.js'],
  ])('%s does not reach a file outside the folder', async (path) => {
    const { status, body } = await ask(path)
    expect(body).not.toContain('secret')
    // Node itself refuses a target that does not begin with a slash.
    expect([400, 404]).toContain(status)
  })

  test('a path that leaves the folder and returns is served: only the resolved path is checked', async () => {
    expect(await ask('/..%2fbuild%2fpage.js')).toMatchObject({ status: 200, body: 'export {}' })
  })
})

describe('caching by etag', () => {
  const file = join(folder, 'changing.js')
  const write = (body: string, seconds: number) => {
    writeFileSync(file, body)
    utimesSync(file, seconds, seconds)
  }
  const tag = async () => (await ask('/changing.js')).headers.etag!

  test('an unchanged file is not sent again', async () => {
    write('one', 1e9)
    const etag = await tag()
    for (const method of ['GET', 'HEAD']) {
      const answer = await ask('/changing.js', method, { 'if-none-match': etag })
      expect(answer).toMatchObject({ status: 304, body: '' })
      expect(answer.headers).toMatchObject({ etag, 'cache-control': 'no-cache' })
      expect(named(answer)).toEqual(sent('text/javascript; charset=utf-8'))
    }
    expect(await tag()).toBe(etag)
  })

  test.each([
    ['of equal size, a second later', 'two', 1e9 + 1],
    ['of equal size, a few milliseconds later', 'two', 1e9 + 0.004],
    ['of equal size, with an older time', 'two', 1e9 - 3600],
    ['of another size, at the same time', 'three', 1e9],
  ])('a rewrite %s is sent, with another etag', async (_, body, seconds) => {
    write('one', 1e9)
    const etag = await tag()
    write(body, seconds)
    const answer = await ask('/changing.js', 'GET', { 'if-none-match': etag })
    expect(answer).toMatchObject({ status: 200, body })
    expect(answer.headers.etag).not.toBe(etag)
  })

  test.each(['"x"', '', 'x'])('a request with the etag %j gets the file', async (etag) => {
    expect(await ask('/page.js', 'GET', { 'if-none-match': etag })).toMatchObject({ status: 200 })
  })

  test('a missing file is not found, even with the etag of another file', async () => {
    write('one', 1e9)
    const etag = await tag()
    expect(await ask('/gone.js', 'GET', { 'if-none-match': etag })).toMatchObject({ status: 404 })
  })
})

test('an IPv6 address is in brackets', async () => {
  const other = webServer(folder)
  try {
    expect(await listen(other, 0, '::1')).toMatch(/^http:\/\/\[::1\]:\d+\/$/)
  } catch (error) {
    // The machine may not have IPv6.
    expect(error).toMatchObject({ code: expect.stringMatching(/EADDRNOTAVAIL|EAFNOSUPPORT/) })
  } finally {
    other.close()
  }
})
