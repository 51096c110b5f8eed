/** What a run will write to, checked before anything is trained: whatever the end needs. */
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

/** Bytes of a name up to which the names beside it are made of all of it. */
const MAX_PREFIX = 100

/** What a file is begun with that a run has written: its header's length, then its metadata. */
const OURS = /"microgpt":"\d+"/
/** Enough of a header for its metadata to begin in, and the alphabet of any sensible text. */
const HEAD_BYTES = 1 << 20

export interface Target {
  /** Where it leads: links are followed, and keep pointing there. */
  file: string
  exists: boolean
  /** Whether it is the file whose run goes on. */
  isResumed: boolean
}

/** What must not be written to, and what may. */
export interface Around {
  /** The path of --data, where it is a file. */
  data?: string | undefined
  /** The file whose run goes on. */
  resumed?: string | undefined
  /** Which other files may be replaced; none unless given. */
  replace?: 'checkpoints' | 'anything'
}

const statOf = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false })

/** Whether two paths lead to one file, by whatever links. */
function isSameFile(a: string, b: string): boolean {
  const [one, other] = [statOf(a), statOf(b)]
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino
}

/**
 * Where --out leads, if a run may write there.
 * @throws {UsageError} for a folder, a device, the data, or a file that is not to be replaced
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
    // A link to nowhere would be replaced by the file.
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

/** Whether a file begins as this program writes checkpoints. */
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
 * The beginning of the names beside a file: its lock, and what is not written completely yet. A long
 * name is shortened, so that these are no longer than the file system allows.
 */
export function prefixBeside(file: string): string {
  const name = basename(file)
  if (Buffer.byteLength(name) <= MAX_PREFIX) return file
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16)
  // Characters of at most 4 bytes.
  return join(dirname(file), `${[...name].slice(0, 15).join('')}~${hash}`)
}

/** @throws {CheckpointError} where the disk has less room than a file takes; the old one stays until then */
export function checkRoom(path: string, folder: string, bytes: number): void {
  let free: number
  try {
    const { bavail, bsize } = statfsSync(folder)
    free = bavail * bsize
  } catch {
    // Some file systems do not say.
    return
  }
  if (free >= bytes) return
  const what = `${path} will take ${formatBytes(bytes)}, and the disk has ${formatBytes(free)} left`
  throw new CheckpointError('file', `${what}; make room or give another --out`)
}
