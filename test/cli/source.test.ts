/** How the bytes of --data are read: redirects, pieces of a pipe, and the flags of the data. */
import { execFileSync } from 'node:child_process'
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSource } from '../../src/cli/source.js'
import { objects } from './ended.js'
import { inProcess as cli } from './in-process.js'

const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
const at = (name: string) => join(folder, name)
const { signal } = new AbortController()
const servers: Server[] = []
/** Two sites; the first redirects to the second, which redirects within itself. */
let [first, second] = ['', '']

async function site(answer: (path: string) => { location?: string; body?: string }) {
  const server = createServer((request, response) => {
    const { location, body = '' } = answer(request.url!)
    response.writeHead(
      location === undefined ? 200 : 302,
      location === undefined ? {} : { location },
    )
    response.end(body)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

beforeAll(async () => {
  second = await site((path) => {
    const moved = { '/a/begin': '../b/next', '/b/next': 'end' }[path]
    return moved === undefined ? { body: `second ${path}` } : { location: moved }
  })
  first = await site((path) =>
    path === '/x/y' ? { location: `${second}/a/begin` } : { body: `first ${path}` },
  )
})
afterAll(() => {
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true })
})

test('each redirect is relative to the address that sends it', async () => {
  const bytes = await readSource(`${first}/x/y`, { signal })
  expect(Buffer.from(bytes).toString()).toBe('second /b/end')
})

test('a pipe gives all its bytes, in order, however many pieces there are', async () => {
  execFileSync('mkfifo', [at('pipe')])
  const want = Buffer.from(Array.from({ length: 5 << 16 }, (_, i) => (i * 7 + (i >> 16)) % 251))
  const reading = readSource(at('pipe'), { signal })
  const writer = createWriteStream(at('pipe'))
  writer.end(want)
  const [got] = await Promise.all([reading, finished(writer)])
  expect(Buffer.compare(got, want)).toBe(0)
})

test('a pipe gives a last piece of one byte', async () => {
  execFileSync('mkfifo', [at('slow')])
  const reading = readSource(at('slow'), { signal })
  const writer = createWriteStream(at('slow'))
  await new Promise((resolve) => writer.write('ann', resolve))
  await setTimeout(50)
  writer.end('a')
  const [got] = await Promise.all([reading, finished(writer)])
  expect(Buffer.from(got).toString()).toBe('anna')
})

describe('flags of the data', () => {
  const RUN = ['--steps', '1', '--samples', '0', '--json']
  test.each<[string, string, string | Uint8Array, string[], object]>([
    ['--column', 'c', 'id,word\n1,anna\n2,otto\n', ['--column', 'word'], { vocabSize: 5 }],
    ['--field', 'f', '{"w":"anna"}\n{"w":"otto"}\n', ['--field', 'w'], { vocabSize: 5 }],
    [
      '--encoding',
      'e',
      Uint8Array.of(0xe4, 0x0a, 0x80),
      ['--encoding', 'windows-1252'],
      { vocabSize: 3 },
    ],
    [
      '--encoding-errors',
      'r',
      Uint8Array.of(0x61, 0xff, 0x0a),
      ['--encoding-errors', 'replace'],
      { vocabSize: 3 },
    ],
  ])('%s', async (_, name, content, words, start) => {
    writeFileSync(at(name), content)
    const run = await cli('train', '--data', at(name), ...words, ...RUN)
    expect(run.stderr).toBe('')
    expect(objects(run)[0]).toMatchObject(start)
  })
})
