/** Checks --out before training, so that a finished run can be saved and no other file is lost. */
import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
} from 'node:fs'
import { type Stats, statSync, statfsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { formatBytes } from '../engine/plan.js'
import { CheckpointError } from '../errors.js'
import { UsageError } from './exit.js'

/** Longest file name, in bytes, that lock and temporary files contain in full. */
const MAX_PREFIX = 100

/** The metadata entry that every checkpoint of this program has in its header. */
const OURS = /"microgpt":"\d+"/
/** Bytes to search for it: enough for a header's metadata, also with a large alphabet. */
const HEAD_BYTES = 1 << 20

export interface Target {
  /** The real path. Links are followed, so that a link is kept and its target replaced. */
  file: string
  exists: boolean
  /** Whether it is the file that the run was resumed from. */
  isResumed: boolean
}

/** Which files must not be replaced, and which may be. */
export interface Around {
  /** The path of --data, if it is a file. Never replaced. */
  data?: string | undefined
  /** The file of --resume. May be replaced. */
  resumed?: string | undefined
  /** Which other files may be replaced; none by default. */
  replace?: 'checkpoints' | 'anything'
}

const statOf = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false })

/** Whether two paths lead to the same file, also through symbolic or hard links. */
function isSameFile(a: string, b: string): boolean {
  const [one, other] = [statOf(a), statOf(b)]
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino
}

/**
 * Resolves the path of --out.
 * @throws {UsageError} for a folder, a device, the data, or a file that must not be replaced
 * @throws errors of node:fs for a path that cannot be used
 */
export function targetOf(path: string, { data, resumed, replace }: Around): Target {
  const refuse = (why: string): never => {
    throw new UsageError(`--${path === resumed ? 'resume' : 'out'} ${path} ${why}`)
  }
  if (path === '') throw new UsageError('--out needs the name of a file, got ""')
  if (/[/\\]$/.test(path) && (path.endsWith('/') || process.platform === 'win32')) {
    refuse('names a folder; give a file in it, such as model.safetensors')
  }
  const stat = statOf(path)
  if (!stat) {
    // Saving would replace a broken link itself, not create its target.
    if (lstatSync(path, { throwIfNoEntry: false })) {
      refuse('is a link to no file; give the file itself')
    }
    return {
      file: join(realpathSync(dirname(path)), basename(path)),
      exists: false,
      isResumed: false,
    }
  }
  if (stat.isDirectory()) refuse('is a folder; give a file in it, such as model.safetensors')
  if (!stat.isFile()) refuse('is not a regular file; give the name of a file')
  if (data !== undefined && isSameFile(path, data)) {
    refuse('is the file of --data, which would be lost; give another name')
  }
  const isResumed = resumed !== undefined && isSameFile(path, resumed)
  const target = { file: realpathSync(path), exists: true, isResumed }
  if (isResumed) return target
  if (replace === 'anything') return target
  if (!isOurs(path)) refuse('exists and is not a checkpoint of this program; give another name')
  if (replace !== 'checkpoints')
    refuse('exists already; give --overwrite to replace it, or another name')
  return target
}

/** Whether a file looks like a checkpoint that this program has written. */
function isOurs(path: string): boolean {
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const bytes = Buffer.alloc(Math.min(HEAD_BYTES, fstatSync(fd).size))
    const head = bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0))
    return head.slice(8).startsWith('{"__metadata__":') && OURS.test(head)
  } finally {
    closeSync(fd)
  }
}

/**
 * The prefix of a file's lock and temporary files, which are in the same folder. A long name is
 * shortened, so that their names stay within the limit of the file system.
 */
export function prefixBeside(file: string): string {
  const name = basename(file)
  if (Buffer.byteLength(name) <= MAX_PREFIX) return file
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16)
  // 15 characters are at most 60 bytes in UTF-8.
  return join(dirname(file), `${[...name].slice(0, 15).join('')}~${hash}`)
}

/**
 * Checks for room for a second file, because the old one is removed after the new one is written.
 * @throws {CheckpointError} if the disk has too little free space
 */
export function checkRoom(path: string, folder: string, bytes: number): void {
  let free: number
  try {
    const { bavail, bsize } = statfsSync(folder)
    free = bavail * bsize
  } catch {
    // Some file systems do not report it.
    return
  }
  if (free >= bytes) return
  const what = `${path} will take ${formatBytes(bytes)}, and the disk has ${formatBytes(free)} left`
  throw new CheckpointError('file', `${what}; make room or give another --out`)
}
