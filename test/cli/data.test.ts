/** --data: files, URLs, errors in reading them, and control characters in their text. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { objects } from './ended.js'
import { cli, ended, start } from './program.js'

const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const TEXT = '\ufeffto\r\ntoe\n\n  tone  \nnot\ud83d\ude00\n'
let server: Server
let site: string

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/names.txt') response.end(TEXT)
    else if (request.url === '/binary.txt') response.end(Buffer.from([0x61, 0xff, 0x0a]))
    else if (request.url !== '/never') response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

const train = (data: string, ...words: string[]) =>
  cli('train', '--data', data, '--steps', '2', '--samples', '2', ...words)

test('a file and the same text at a URL give the same run', async () => {
  const runs = [
    await train(file('to.txt', TEXT), '--json'),
    await train(`${site}/names.txt`, '--json'),
  ]
  const [a, b] = runs.map((run) => objects(run).slice(0, -1))
  expect(a![0]).toMatchObject({ numDocs: 4, vocabSize: 6 })
  expect(a).toHaveLength(5)
  expect(b).toEqual(a)
})

describe('data that cannot be read gives exit code 1 and a one-line message', () => {
  const binary = Uint8Array.from([0x61, 0x0a, 0x62, 0xff, 0x0a])
  test.each<[string, () => string, RegExp]>([
    [
      'no such file',
      () => join(folder, 'none'),
      /^cannot read .*none: there is no such file; --data/,
    ],
    ['a folder', () => folder, /^cannot read .*: it is a folder; --data takes a text file/],
    [
      'not UTF-8',
      () => file('binary.txt', binary),
      /binary\.txt: .* UTF-8 at line 2, byte 2 of it/,
    ],
    ['blank', () => file('blank.txt', ' \n\n'), /blank\.txt: the text holds no document/],
    [
      'offline',
      () => 'http://127.0.0.1:1/',
      /^cannot fetch http:\/\/127.0.0.1:1\/: .*--data FILE$/,
    ],
    [
      'not found',
      () => `${site}/none`,
      /^cannot fetch http.*none: the server answered 404 Not Found/,
    ],
    ['not UTF-8 at a URL', () => `${site}/binary.txt`, /binary\.txt: .* at line 1, byte 2 of it/],
    ['not a URL', () => 'http://', /^cannot fetch http:\/\/: Invalid URL/],
  ])('%s', async (_, data, sentence) => {
    const { code, stdout, stderr } = await train(data())
    expect(stderr).toMatch(/^microgpt-wasm: .*\n$/)
    expect(stderr.slice('microgpt-wasm: '.length, -1)).toMatch(sentence)
    expect([code, stdout]).toEqual([1, ''])
  })

  test('a refused connection is reported as ECONNREFUSED', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    await new Promise((resolve) => other.close(resolve))
    const { code, stderr } = await train(`http://127.0.0.1:${port}/`)
    expect(stderr).toMatch(/ECONNREFUSED/)
    expect(code).toBe(1)
  })
})

test('Ctrl-C stops waiting for a silent server', async () => {
  const child = start(['train', '--data', `${site}/never`])
  await new Promise((resolve) => server.once('request', resolve))
  child.kill('SIGINT')
  const { code, stderr } = await ended(child)
  expect([code, stderr]).toEqual([130, 'microgpt-wasm: stopped before the first step\n'])
})

describe('control characters', () => {
  // Almost the whole alphabet, so that the samples contain them.
  const CONTROLS = '\x07\x1b\x7f\x9b'
  const path = () => file('controls.txt', `[${CONTROLS}]\n`.repeat(3))

  test('are escaped in samples', async () => {
    const { stdout } = await train(path(), '--temperature', '5', '--samples', '20')
    expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
    for (const shown of ['\\x07', '\\x1b', '\\x7f', '\\x9b']) expect(stdout).toContain(shown)
  })

  test('are escaped in JSON, which parses to the original text', async () => {
    const run = await train(path(), '--temperature', '5', '--samples', '20', '--json')
    expect(run.stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
    const text = objects(run)
      .map((line) => line.text ?? '')
      .join('')
    for (const char of CONTROLS) expect(text).toContain(char)
  })

  test('are escaped in error messages', async () => {
    const { stderr } = await train('no\x1b[31m\x9bfile')
    expect(stderr).toContain('cannot read no\\x1b[31m\\x9bfile: ')
  })
})
