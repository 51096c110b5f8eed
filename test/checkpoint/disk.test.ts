/**
 * Disks that are full, read-only, limited or forbidden: one sentence, exit 1, the old file as it
 * was.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { lstatSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NAMES } from '../../src/data/names.js'
import { MicroGPT, parseDocs, readCheckpoint } from '../../src/index.js'
import { cli, environment } from '../cli/program.js'

const CLI = fileURLToPath(new URL('../../build/cli.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
chmodSync(folder, 0o755)
const isRoot = process.getuid?.() === 0
const NOBODY = 65534
/** Bytes of a run of the default model. */
let old: Buffer

beforeAll(async () => {
  const gpt = await MicroGPT.create({ docs: parseDocs(NAMES), config: { num_steps: 40 } })
  for (const _step of gpt.train({ steps: 10 })) continue
  old = Buffer.from(gpt.save({ optimizer: true }))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A separate folder with the run. */
function home(name: string): string {
  const path = join(folder, name)
  mkdirSync(path)
  writeFileSync(join(path, 'model'), old)
  return path
}

const resume = (at: string) => ['train', '--resume', join(at, 'model'), '--samples', '0']

/** Runs the program through a shell, which sets limits and redirects. */
function shell(line: string, words: string[], options: object = {}) {
  const args = ['-c', `${line.replace('CLI', '"$@"')}`, 'sh', process.execPath, CLI, ...words]
  const { status, signal, stderr } = spawnSync('sh', args, {
    encoding: 'utf8',
    env: environment(),
    ...options,
  })
  return { code: status, signal, stderr }
}

/** That a run ended with one sentence, and changed nothing. */
function expectKept(run: { code: number | null; stderr: string }, sentence: RegExp, at: string) {
  expect(run.stderr).toMatch(/^microgpt-wasm: [^\n]+\n$/)
  expect(run.stderr.slice('microgpt-wasm: '.length, -1)).toMatch(sentence)
  expect(run.code).toBe(1)
  expect(readFileSync(join(at, 'model')).equals(old)).toBe(true)
  expect(readdirSync(at)).toEqual(['model'])
}

describe('a full disk', () => {
  test('/dev/full as output', () => {
    const path = join(folder, 'kept')
    const words = ['train', '--steps', '20', '--out', path]
    const { code, stderr } = shell('CLI > /dev/full', words)
    expect(stderr).toMatch(/^microgpt-wasm: cannot write the output: ENOSPC[^\n]*\n$/)
    expect(code).toBe(1)
    expect(readdirSync(folder).filter((name) => name.startsWith('kept.'))).toEqual([])
  })

  test('/dev/full as checkpoint remains a device', async () => {
    const run = await cli('train', '--steps', '1', '--out', '/dev/full')
    expect(run.stderr).toMatch(/^microgpt-wasm: --out \/dev\/full is not a regular file; /)
    expect(run.code).toBe(2)
    expect(lstatSync('/dev/full').isCharacterDevice()).toBe(true)
  })

  test('a small tmpfs', async (context) => {
    const at = join(folder, 'small')
    mkdirSync(at)
    // Room for one model and a half.
    const size = `size=${Math.ceil(1.5 * (old.length / 1024))}k`
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', at]).status !== 0) {
      return context.skip('mounting is not possible here')
    }
    try {
      writeFileSync(join(at, 'model'), old)
      // Before it is trained.
      const sentence = /model will take \S+ KiB, and the disk has \S+ KiB left; make room/
      expectKept(await cli(...resume(at)), sentence, at)
    } finally {
      spawnSync('umount', [at])
    }
  })
})

test('a file size limit', () => {
  const at = home('limited')
  // In blocks of 512 or 1,024 bytes, whichever the shell counts in.
  expectKept(shell('ulimit -f 90; CLI', resume(at)), /larger than the limit that is set/, at)
})

describe('no permission', () => {
  test('a folder that may not be written to', (context) => {
    const at = home('forbidden')
    chmodSync(at, 0o555)
    const options = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
    const readable = shell('CLI', ['inspect', join(at, 'model')], options)
    if (readable.code !== 0) return context.skip('another user cannot run the program here')
    expectKept(shell('CLI', resume(at), options), /^cannot write .*: it is not permitted; /, at)
    chmodSync(at, 0o755)
  })

  test('a file that may not be read', (context) => {
    const at = home('secret')
    const options = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
    if (shell('CLI', ['--version'], options).code !== 0) {
      return context.skip('another user cannot run the program here')
    }
    chmodSync(join(at, 'model'), 0)
    const run = shell('CLI', ['sample', '--model', join(at, 'model')], options)
    chmodSync(join(at, 'model'), 0o644)
    expectKept(run, /^cannot read .*model: it is not permitted; /, at)
  })

  test('a read-only disk', async (context) => {
    const at = home('readonly')
    const bound = spawnSync('mount', ['--bind', at, at]).status === 0
    if (!bound || spawnSync('mount', ['-o', 'remount,bind,ro', at]).status !== 0) {
      if (bound) spawnSync('umount', [at])
      return context.skip('mounting is not possible here')
    }
    try {
      expectKept(await cli(...resume(at)), /^cannot write .*: the disk is read-only; /, at)
    } finally {
      spawnSync('umount', [at])
    }
  })
})

describe('what is no file', () => {
  test.each<[string, string, RegExp, number?]>([
    ['a folder', '.', /is a folder; /, 2],
    ['no folder', 'none/model', /: there is no such file or folder; /],
    ['below a file', 'model/model', /: a part of the path is no folder; /],
    ['a name too long', 'x'.repeat(300), /: the name is too long; /],
    ['a link to nowhere', 'dangling', /is a link to no file; /, 2],
    ['a link to itself', 'loop', /: its links go round in a circle; /],
  ])('%s to write to', async (title, name, sentence, code = 1) => {
    const at = home(`write ${title}`)
    for (const [link, to] of [
      ['dangling', 'nowhere'],
      ['loop', 'loop'],
    ]) {
      if (name === link) symlinkSync(to!, join(at, link))
    }
    const run = await cli('train', '--steps', '1', '--out', join(at, name))
    expect(run.stderr).toMatch(sentence)
    expect([run.code, run.stdout]).toEqual([code, ''])
    expect(readFileSync(join(at, 'model')).equals(old)).toBe(true)
    expect(readdirSync(at).filter((file) => file !== name)).toEqual(['model'])
  })

  test.each<[string, string, RegExp]>([
    ['a folder', '', /: it is a folder; give a file that train --out has written$/],
    ['nothing', 'none', /: there is no such file or folder; /],
    ['a device', '/dev/zero', /: it is not a regular file; /],
    ['an empty file', 'empty', /empty: a safetensors file has 8 bytes at least, got 0; /],
    ['a text', 'text', /text: the header may have 16777216 bytes, got \d+; is this a safetensors/],
  ])('%s to read', async (title, name, sentence) => {
    const at = home(`read ${title}`)
    writeFileSync(join(at, 'empty'), '')
    writeFileSync(join(at, 'text'), 'anna\notto\nnoah\n')
    const path = name.startsWith('/') ? name : join(at, name)
    for (const words of [
      ['sample', '--model', path],
      ['inspect', path],
    ]) {
      const run = await cli(...words)
      expect(run.stderr).toMatch(/^microgpt-wasm: [^\n]+\n$/)
      expect(run.stderr.trim()).toMatch(sentence)
      expect([run.code, run.stdout]).toEqual([1, ''])
    }
  })
})

test('a link is followed, and the mode of the file stays', async () => {
  const at = home('linked')
  chmodSync(join(at, 'model'), 0o640)
  symlinkSync('model', join(at, 'link'))
  const run = await cli('train', '--resume', join(at, 'link'), '--samples', '0')
  expect([run.code, run.stderr]).toEqual([0, ''])
  expect(lstatSync(join(at, 'link')).isSymbolicLink()).toBe(true)
  expect(statSync(join(at, 'model')).mode & 0o777).toBe(0o640)
  expect(readCheckpoint(readFileSync(join(at, 'model'))).step).toBe(40)
  expect(readdirSync(at).sort()).toEqual(['link', 'model'])
})
