/** --data from streams, pipes and misbehaving servers: nothing hangs, and errors are reported. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSource } from '../../src/cli/source.js'
import { objects } from './ended.js'
import { cli, ended, environment, start } from './program.js'

const CLI = fileURLToPath(new URL('../../build/cli.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
const at = (name: string) => join(folder, name)
const file = (name: string, content: string | Uint8Array) => {
  writeFileSync(at(name), content)
  return at(name)
}
const THREE = 'anna\notto\nina\n'
const RUN = ['--steps', '1', '--samples', '0']
const train = (data: string, ...more: string[]) => cli('train', '--data', data, ...RUN, ...more)
let server: Server
let site: string

const ANSWERS: Readonly<
  Record<string, (end: (body: string | Uint8Array, headers?: object) => void) => void>
> = {
  '/three.txt': (end) => end(THREE),
  '/three.txt.gz': (end) => end(gzipSync(THREE)),
  '/coded': (end) => end(gzipSync(THREE), { 'content-encoding': 'gzip' }),
  '/coded-junk': (end) =>
    end(Buffer.concat([gzipSync(THREE), Buffer.from('junk')]), { 'content-encoding': 'gzip' }),
  '/coded-cut': (end) => end(gzipSync(THREE).subarray(0, 20), { 'content-encoding': 'gzip' }),
  '/brotli': (end) => end('x', { 'content-encoding': 'br' }),
  '/moved': (end) => end('', { status: 302, location: '/three.txt' }),
  '/round': (end) => end('', { status: 302, location: '/round' }),
  '/away': (end) => end('', { status: 302, location: 'file:///etc/passwd' }),
  '/page.html': (end) => end('<!doctype html><p>anna</p>', { 'content-type': 'text/html' }),
  '/large': (end) => end('', { 'content-length': 2 ** 30 }),
}

beforeAll(async () => {
  server = createServer((request, response) => {
    const answer = ANSWERS[request.url!]
    if (request.url === '/endless') {
      response.on('error', () => {})
      const more = () => {
        while (response.write('x'.repeat(1 << 20))) continue
      }
      response.on('drain', more)
      more()
    } else if (request.url === '/short') {
      response.writeHead(200, { 'content-length': 1000 })
      response.write('anna\n', () => response.destroy())
    } else if (answer) {
      answer((body, headers = {}) => {
        const { status = 200, ...rest } = headers as { status?: number }
        response.writeHead(status, rest).end(body)
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

/** Waits until a process handles SIGHUP; the program then handles the other signals too. */
async function listening(pid: number): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    const [, caught = '0'] =
      /^SigCgt:\s*(\w+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    if (BigInt(`0x${caught}`) & 1n) return
    await setTimeout(20)
  }
}

/** Runs the program with `input` on standard input. */
function piped(input: string | Uint8Array, ...words: string[]) {
  const child = spawn(process.execPath, [CLI, ...words], { env: environment() })
  const end = ended(child)
  child.stdin.end(input)
  return end
}

describe('--data reads', () => {
  test.each(['three.txt', 'three.txt.gz', 'coded', 'moved'])('%s from a server', async (name) => {
    const run = await train(`${site}/${name}`, '--json')
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(objects(run)[0]).toMatchObject({ numDocs: 3 })
  })

  test('standard input', async () => {
    const run = await piped(THREE, 'train', '--data', '-', ...RUN, '--json')
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(objects(run)[0]).toMatchObject({ numDocs: 3 })
  })

  test('a named pipe that is written to only later', async () => {
    execFileSync('mkfifo', [at('pipe')])
    const child = start(['train', '--data', at('pipe'), ...RUN, '--json'])
    const end = ended(child)
    await setTimeout(600)
    execFileSync('sh', ['-c', `printf 'anna\\notto\\n' > ${at('pipe')}`])
    const run = await end
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(objects(run)[0]).toMatchObject({ numDocs: 2 })
  })

  test.each([
    ['--encoding', 'windows-1252'],
    ['--encoding-errors', 'replace'],
  ])('bytes that are not UTF-8, with %s %s', async (...flags) => {
    const data = file('latin', Buffer.from('caf\xe9\ncafe\n', 'latin1'))
    expect((await train(data)).stderr).toMatch(
      /line 1, byte 4 .*--encoding windows-1252 .*--encoding-errors/,
    )
    expect((await train(data, ...flags)).code).toBe(0)
  })

  test('a column of CSV, and a field of JSON Lines', async () => {
    const table = file('t.csv', 'name,age\nanna,3\notto,4\n')
    expect((await train(table)).stderr).toMatch(
      /CSV with a header.*--column with one of "name", "age"/,
    )
    expect((await train(table, '--column', 'name', '--json')).lines[0]).toContain('"numDocs":2')
    const lines = file('t.jsonl', '{"name":"anna"}\n{"name":"otto"}\n')
    expect((await train(lines)).stderr).toMatch(/JSON Lines.*--field with one of "name"/)
    expect((await train(lines, '--field', 'name', '--json')).lines[0]).toContain('"numDocs":2')
  })
})

describe('--data refuses, with a one-line message', () => {
  test.each<[string, () => string, RegExp]>([
    ['gzip followed by other bytes', () => `${site}/coded-junk`, /damaged or not complete/],
    ['truncated gzip', () => `${site}/coded-cut`, /damaged or not complete/],
    ['another content encoding', () => `${site}/brotli`, /the server sends it as br/],
    ['a truncated body', () => `${site}/short`, /cannot fetch/],
    ['an endless redirect', () => `${site}/round`, /redirects more than 5 times/],
    ['a redirect to a file', () => `${site}/away`, /redirects to file:/],
    ['an HTML page', () => `${site}/page.html`, /it is an HTML page.*--mode text/],
    [
      'a response whose content-length is too large',
      () => `${site}/large`,
      /a text may have 512 MiB, got 1024 MiB/,
    ],
    ['a device', () => '/dev/zero', /it is a device or a socket/],
  ])('%s', async (_, data, sentence) => {
    const run = await train(data())
    expect(run.stderr).toMatch(/^microgpt-wasm: [^\n]+\n$/)
    expect(run.stderr).toMatch(sentence)
    expect([run.code, run.stdout]).toEqual([1, ''])
  })

  test('a file that is too large, before reading it', async () => {
    const data = file('large.txt', '')
    truncateSync(data, 600 * 2 ** 20)
    const began = performance.now()
    const run = await train(data)
    expect(run.stderr).toMatch(/large.txt: a text may have 512 MiB, got 600 MiB/)
    expect(run.code).toBe(1)
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('a failing URL, without showing its password', async () => {
    const run = await train(`${site.replace('//', '//me:secret@')}/round`)
    expect(run.stderr).toContain('//***@127.0.0.1')
    expect(run.stderr).not.toContain('secret')
  })

  test('a silent server, after a timeout', async () => {
    const signal = new AbortController().signal
    const reading = readSource(`${site}/silent`, { signal, patience: 200 })
    await expect(reading).rejects.toThrow(/the server was silent for 0.2 s/)
  })
})

describe('nothing waits forever', () => {
  test.each<[string, (pipe: string) => string[]]>([
    ['inspect', (pipe) => ['inspect', pipe]],
    ['sample --model', (pipe) => ['sample', '--model', pipe]],
    ['train --resume', (pipe) => ['train', '--resume', pipe, '--out', at('x')]],
    ['train --resume --fresh', (pipe) => ['train', '--resume', pipe, '--fresh']],
    ['train --out', (pipe) => ['train', '--out', pipe]],
  ])('%s refuses a named pipe without a writer', async (_, words) => {
    execFileSync('mkfifo', ['-m', '600', at('idle')], { stdio: 'ignore' })
    const run = await cli(...words(at('idle')))
    rmSync(at('idle'))
    expect(run.stderr).toMatch(/^microgpt-wasm: [^\n]*not a regular file[^\n]*\n$/)
    expect([1, 2]).toContain(run.code)
  })

  test.each<[string, () => string]>([
    ['a named pipe without a writer', () => at('waiting')],
    ['an endless body', () => `${site}/endless`],
    ['a silent server', () => `${site}/silent`],
    ['standard input that stays open', () => '-'],
  ])('Ctrl-C stops reading %s', async (_, data) => {
    if (data() === at('waiting')) execFileSync('mkfifo', [at('waiting')])
    const child = spawn(process.execPath, [CLI, 'train', '--data', data()], { env: environment() })
    const end = ended(child)
    await listening(child.pid!)
    await setTimeout(300)
    child.kill('SIGINT')
    const run = await end
    expect([run.code, run.stderr]).toEqual([130, 'microgpt-wasm: stopped before the first step\n'])
  })
})

test('a file name without a flag gets a hint with the flag', async () => {
  const [a, b, c] = await Promise.all([
    cli('train', 'names.txt'),
    cli('sample', 'model.safetensors'),
    cli('train', 'model.safetensors'),
  ])
  expect(a.stderr).toContain('did you mean --data names.txt?')
  expect(b.stderr).toContain('did you mean --model model.safetensors?')
  expect(c.stderr).toContain('did you mean --resume model.safetensors?')
})
