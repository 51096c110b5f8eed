/** One run at a time writes to a file: a lock beside it names the process that does. */
import { closeSync, openSync, readFileSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { CheckpointError } from '../errors.js'

/** A lock is written in less; one that stays empty longer was left by a process that was killed. */
const EMPTY_MS = 5000

/** Ticks from boot to a process's start, where the system tells: a pid alone may come again. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before it may hold spaces and brackets, but what follows the last one may not.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended: only its parent has not looked yet.
    return fields[0] === 'Z' ? 'ended' : fields[19]!
  } catch {
    return ''
  }
}

const own = () => [process.pid, startOf(process.pid), hostname()].join(' ')

/** Why a lock holds, or nothing when its process is gone. */
function holder(path: string): string | undefined {
  let text: string
  let age: number
  try {
    text = readFileSync(path, 'utf8')
    age = Date.now() - statSync(path).mtimeMs
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const [pid = '', start = '', host = ''] = text.split(' ')
  if (!/^\d{1,10}$/.test(pid)) return age > EMPTY_MS ? undefined : 'another process'
  if (host !== hostname()) return `process ${pid} on ${host}`
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    // EPERM: it is there, and is somebody else's.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined
  }
  return start === startOf(Number(pid)) ? `process ${pid}` : undefined
}

/** Takes a lock away if it is still the one that was found stale. */
function clear(path: string): void {
  const aside = `${path}.${process.pid}`
  try {
    // Of two processes that find it stale, one gets to move it.
    renameSync(path, aside)
    if (holder(aside)) renameSync(aside, path)
    else unlinkSync(aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/**
 * Takes the lock at a path, over a stale one if need be.
 * @param file what it locks, for the message
 * @returns lets go of it
 * @throws {CheckpointError} `locked`, while its process lives
 */
export function lock(path: string, file: string): () => void {
  for (let tries = 0; tries < 3; tries++) {
    try {
      const fd = openSync(path, 'wx')
      try {
        writeSync(fd, own())
      } finally {
        closeSync(fd)
      }
      return () => release(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const who = holder(path)
    if (who) {
      const hint = `wait for it, give another --out, or, if it is gone, delete ${path}`
      throw new CheckpointError('locked', `${who} writes to ${file}; ${hint}`)
    }
    clear(path)
  }
  throw new CheckpointError('locked', `other processes take ${path} again and again; try later`)
}

function release(path: string): void {
  try {
    if (readFileSync(path, 'utf8') === own()) unlinkSync(path)
  } catch {
    // A lock that cannot be removed is stale as soon as this process has ended.
  }
}
