/**
 * The server of `npm run web`: serves the files of the build folder with strict security headers.
 */
import { readFile, stat } from 'node:fs/promises'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, sep } from 'node:path'

/** Only the page's own files and WebAssembly may run; nothing inline, nothing from other sites. */
export const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; base-uri 'none'; form-action 'none'" +
  "; frame-ancestors 'none'"

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.py': 'text/x-python; charset=utf-8',
}

export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  // These enable cross-origin isolation: precise timers and SharedArrayBuffer.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
}

/** Paths that browsers request by themselves, and the files to send. */
const ALIASES: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  '/': '/index.html',
  '/favicon.ico': '/icon.svg',
})

/** A server for the files in one folder, and only for the types above. */
export function webServer(folder: string, headers = HEADERS): Server {
  return createServer(async ({ method, url = '/', headers: asked }, response) => {
    const answer = (status: number, type: string, body: string | Uint8Array, more = {}) => {
      const length = status === 304 ? {} : { 'content-length': Buffer.byteLength(body) }
      response.writeHead(status, { ...headers, 'content-type': type, ...length, ...more })
      response.end(method === 'HEAD' ? undefined : body)
    }
    if (method !== 'GET' && method !== 'HEAD') {
      answer(405, 'text/plain', 'only GET and HEAD\n', { allow: 'GET, HEAD' })
      return
    }
    try {
      const { pathname } = new URL(url, 'http://localhost')
      const name = ALIASES[pathname] ?? decodeURIComponent(pathname)
      const path = join(folder, name)
      const type = TYPES[extname(path)]
      if (!type || name.includes('\0') || !path.startsWith(folder + sep)) throw new Error(name)
      const { size, mtimeMs } = await stat(path)
      const etag = `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`
      if (asked['if-none-match'] === etag) answer(304, type, '', { etag })
      else answer(200, type, await readFile(path), { etag })
    } catch {
      answer(404, 'text/plain', 'there is no such file here\n')
    }
  })
}

/** Listens on a host and port, and resolves to the URL. */
export function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      resolve(
        `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}/`,
      )
    })
  })
}
