/**
 * One run at a time writes to a file. The lock is a folder beside it that holds one folder, named after
 * the process. It is moved into place as a whole, which fails while another one has an entry there, and
 * only the entry of a process that has ended is ever removed. So there are never two holders, whenever
 * and for however long the processes that want it are held up.
 */
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { renameSync, rmSync, rmdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { CheckpointError } from '../errors.js'

const MAX_TRIES = 10

/** Another process was faster. Windows says the last two when the target exists or is open. */
const CONTENDED = new Set([
  ...['ENOTEMPTY', 'EEXIST', 'ENOENT'],
  ...(process.platform === 'win32' ? ['EPERM', 'EACCES'] : []),
])

/** Folders that a process which was killed while it took a lock has left: `FILE.lock.tmp-x0X0x0`. */
export const UNFINISHED_LOCK = /^lock\.tmp-[A-Za-z0-9]{6}$/

/** Ticks from boot to a process's start; empty where the system does not say. A pid is reused. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before it may hold spaces and brackets, but what follows the last one may not.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended: its parent has not read its exit code yet.
    return fields[0] === 'Z' ? 'ended' : fields[19]!
  } catch {
    return ''
  }
}

const own = () => [process.pid, startOf(process.pid), hostname()].join('-')

/** The process that an entry stands for, or nothing when it has ended. */
function holder(entry: string): string | undefined {
  const [, pid, start, host] = /^(\d{1,10})-(\d*)-(.*)$/.exec(entry) ?? []
  if (!pid) return 'another process'
  if (host !== hostname()) return `process ${pid} on ${host}`
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    // EPERM: it runs, under another user.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined
  }
  const now = startOf(Number(pid))
  return now === '' || start === '' || now === start ? `process ${pid}` : undefined
}

/** Removes an entry, or a lock without any. It may be gone, and a lock may have been taken. */
function remove(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // The rename that follows finds out.
  }
}

/** Removes the entries of processes that have ended. @returns the process that has not */
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
  // Windows renames over no folder, not even over an empty one.
  remove(path)
  return undefined
}

/** Moves a lock into place. @returns whether it is there, and not one of another process */
function take(path: string, entry: string): boolean {
  let made: string | undefined
  try {
    made = mkdtempSync(`${path}.tmp-`)
    mkdirSync(join(made, entry))
    renameSync(made, path)
    // A holder that removes what others have left may have emptied it before it was moved.
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
 * Takes the lock at a path, and removes that of a process which has ended.
 * @param file what it locks, for the message
 * @returns releases it
 * @throws {CheckpointError} `locked`, while its process runs
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
