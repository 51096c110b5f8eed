/**
 * Loaded into a process before its program (node --import): reports every call of node:fs for files
 * in one folder before it runs, and waits for an answer. Messages go
 * over file descriptor 3, one JSON value per line in both directions; see trace.ts for the other
 * end.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import { relative, resolve } from 'node:path'

const CHANNEL = 3
const { TRACED_FOLDER: folder = '', TRACED_HOST: host, TRACED_KILL: kill } = process.env
const { TRACED_PLATFORM: platform } = process.env
const ahead = Number(process.env.TRACED_AHEAD ?? 0)
const { readSync, writeSync } = fs
/** Paths of the open files. */
const opened = new Map<number, string>()
const line = Buffer.alloc(256)

const now = Date.now
if (ahead) Date.now = () => now() + ahead
if (platform) Object.defineProperty(process, 'platform', { value: platform })
if (host) os.hostname = () => host
if (kill) {
  process.kill = (_pid, signal) => {
    if (signal === 0) throw failure(kill, 'kill')
    return true
  }
}

function failure(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: injected, ${syscall}`), { code, syscall })
}

/** The path of a file in the folder; undefined for any other file. */
function placed(file: unknown): string | undefined {
  const path = typeof file === 'number' ? opened.get(file) : resolve(String(file))
  if (path === undefined) return undefined
  const name = relative(folder, path)
  return name.startsWith('..') ? undefined : name || '.'
}

/** Reports a call and waits for the answer: "go", "short" or the code of an error. */
function ask(call: object): string {
  writeSync(CHANNEL, `${JSON.stringify(call)}\n`)
  let length = 0
  while (readSync(CHANNEL, line, length, 1, null) === 1 && line[length] !== 10) length++
  // The other end has closed.
  if (line[length] !== 10) process.exit(99)
  return line.toString('utf8', 0, length)
}

type Call = (...args: unknown[]) => unknown
const calls = fs as unknown as Record<string, Call>

for (const name of Object.keys(fs).filter((each) => each.endsWith('Sync'))) {
  const original = calls[name]!
  const traced = (...args: unknown[]) => {
    const path = placed(args[0])
    if (path === undefined) return original(...args)
    const to = /^(rename|link|copyFile|cp)Sync$/.test(name) ? placed(args[1]) : undefined
    const answer = ask(to === undefined ? { name, path } : { name, path, to })
    if (answer === 'short') {
      const [fd, bytes, at = 0] = args as [number, Uint8Array, number?]
      return writeSync(fd, bytes, at, Math.ceil((bytes.length - at) / 2))
    }
    // A descriptor is closed even if closing it reports an error.
    if (name === 'closeSync') original(...args)
    if (answer !== 'go') throw failure(answer, name)
    if (name === 'closeSync') return opened.delete(args[0] as number)
    const result = original(...args)
    if (name === 'openSync') opened.set(result as number, resolve(String(args[0])))
    return result
  }
  calls[name] = Object.assign(traced, original)
}
syncBuiltinESMExports()
