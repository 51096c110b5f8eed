/**
 * A lock, so that only one run at a time writes to a file. The lock of FILE is a folder next to it,
 * FILE.lock, with one entry: an empty folder named after the process that holds the lock. A process
 * prepares this folder under a temporary name and renames it to FILE.lock, which fails if FILE.lock
 * is not empty. Only entries of processes that have ended are removed. So two processes never hold
 * the lock at the same time, even if one of them pauses between any two calls.
 */
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { renameSync, rmSync, rmdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { CheckpointError } from '../errors.js'

const MAX_TRIES = 10

/** Errors if another process was faster; Windows reports the last two if the target exists or is open. */
const CONTENDED = new Set([
  ...['ENOTEMPTY', 'EEXIST', 'ENOENT'],
  ...(process.platform === 'win32' ? ['EPERM', 'EACCES'] : []),
])

/** A folder left by a process killed while locking: the part of its name after `FILE.`. */
export const UNFINISHED_LOCK = /^lock\.tmp-[A-Za-z0-9]{6}$/

/**
 * A process's start time in ticks since boot, to tell it from a later process with the same pid;
 * empty if unknown.
 */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the name in brackets. It can contain brackets; the later fields cannot.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended; its parent has just not read its exit code yet.
    return fields[0] === 'Z' ? 'ended' : fields[19]!
  } catch {
    return ''
  }
}

/** The entry of this process. */
const own = () => [process.pid, startOf(process.pid), hostname()].join('-')

/** The process that an entry names, as text; undefined if it has ended. */
function holder(entry: string): string | undefined {
  const [, pid, start, host] = /^(\d{1,10})-(\d*)-(.*)$/.exec(entry) ?? []
  if (!pid) return 'another process'
  if (host !== hostname()) return `process ${pid} on ${host}`
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    // Other errors mean that it is running: EPERM, for example, under another user.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined
  }
  const now = startOf(Number(pid))
  return now === '' || start === '' || now === start ? `process ${pid}` : undefined
}

/** Removes an entry or an empty lock. Either may be gone, or in use by another process. */
function remove(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // If it matters, the rename that follows will fail.
  }
}

/** Removes the entries of ended processes. @returns the process that holds the lock, if any */
function clear(path: string): string | undefined {
  let entries: string[]
  try {
    entries = readdirSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code === 'ENOTDIR') return 'another program'
    throw error
  }
  for (const entry of entries) {
    const who = holder(entry)
    if (who) return who
    remove(join(path, entry))
  }
  // Windows cannot rename over an existing folder, even if it is empty.
  remove(path)
  return undefined
}

/** Tries to create the lock. @returns whether this process now holds it */
function take(path: string, entry: string): boolean {
  let made: string | undefined
  try {
    made = mkdtempSync(`${path}.tmp-`)
    mkdirSync(join(made, entry))
    renameSync(made, path)
    // Another process that removes leftovers may have emptied the folder before the rename.
    return lstatSync(join(path, entry), { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    if (made !== undefined) rmSync(made, { recursive: true, force: true })
    release(path, entry)
    const { code = '' } = error as NodeJS.ErrnoException
    if (made !== undefined && CONTENDED.has(code)) return false
    throw error
  }
}

function release(path: string, entry: string): void {
  remove(join(path, entry))
  remove(path)
}

/**
 * Takes the lock at `path`. A lock of a process that has ended is replaced.
 * @param file the file that it locks, for the message
 * @returns a function that releases the lock
 * @throws {CheckpointError} with code 'locked' if a running process holds it
 */
export function lock(path: string, file: string): () => void {
  const entry = own()
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const who = clear(path)
    if (who) {
      const hint = `wait for it, give another --out, or, if it is gone, delete ${path}`
      throw new CheckpointError('locked', `${who} writes to ${file}; ${hint}`)
    }
    if (take(path, entry)) return () => release(path, entry)
  }
  throw new CheckpointError('locked', `other processes take ${path} again and again; try later`)
}
