/** Checkpoints on a disk: read with care, and written whole or not at all. */
import { closeSync, fchmodSync, fstatSync, fsyncSync, lstatSync, openSync, readSync } from 'node:fs'
import { readdirSync, realpathSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CheckpointError } from '../errors.js'
import { headerLength } from '../checkpoint/safetensors/read.js'
import { UsageError } from './exit.js'
import { UNFINISHED_LOCK, lock } from './lock.js'

/** What the memory of a model can be, and more than Node reads at once on some systems. */
const MAX_FILE = 2 ** 32

const TROUBLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'it is not permitted',
  EPERM: 'it is not permitted',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'the file is larger than the limit that is set (ulimit -f)',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its links go round in a circle',
}

/** What is wrong with a checkpoint, and where it is. */
export function named(path: string, { code, message }: CheckpointError): CheckpointError {
  const text = message.includes(path) ? message : `${path}: ${message}`
  return new CheckpointError(code, text)
}

/** Does what may fail, and says so in a sentence. */
export function attempt<T>(verb: 'read' | 'write', path: string, hint: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof CheckpointError) throw named(path, cause)
    if (cause instanceof UsageError) throw cause
    const { code = '', message } = cause as NodeJS.ErrnoException
    const text = `cannot ${verb} ${path}: ${TROUBLE[code] ?? message}; ${hint}`
    throw new CheckpointError('file', text, { cause })
  }
}

/**
 * A checkpoint's bytes. The first eight and the file's size are checked before the rest is read.
 * @throws {CheckpointError}
 */
export function readModel(path: string): Uint8Array {
  return attempt('read', path, 'give a file that train --out has written', () => {
    const fd = openSync(path, 'r')
    try {
      const stat = fstatSync(fd)
      if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
      if (!stat.isFile()) throw new Error('it is no regular file')
      if (stat.size >= MAX_FILE) throw new Error('it is larger than 4 GiB')
      const first = new Uint8Array(8)
      headerLength(first.subarray(0, readSync(fd, first, 0, 8, 0)), stat.size)
      const bytes = new Uint8Array(stat.size)
      let at = 0
      for (let n = 1; n > 0 && at < bytes.length; at += n) {
        n = readSync(fd, bytes, at, bytes.length - at, null)
      }
      return bytes.subarray(0, at)
    } finally {
      closeSync(fd)
    }
  })
}

/** A file that one run holds, and that is replaced as a whole. */
export class ModelFile {
  /** As it was given. */
  readonly path: string
  private readonly target: string
  private readonly folder: string
  private readonly temporary: string
  private readonly unlock: () => void

  /**
   * Locks the file and sweeps away what a run that was killed has left beside it.
   * @throws {CheckpointError} when another run holds it, or it could not be written
   */
  constructor(path: string) {
    this.path = path
    const hint = 'give --out a file in a folder that can be written to'
    // A link keeps pointing to the file that is written.
    this.target = attempt('write', path, hint, () => regular(path))
    this.folder = dirname(this.target)
    this.temporary = `${this.target}.${process.pid}.tmp`
    this.unlock = attempt('write', path, hint, () => lock(`${this.target}.lock`, path))
    process.once('exit', this.unlock)
    try {
      attempt('write', path, hint, () => this.sweep())
    } catch (error) {
      this.release()
      throw error
    }
  }

  /** Replaces the file. @throws {CheckpointError} with the old file as it was */
  write(bytes: Uint8Array): void {
    const kept = 'the file stays as it was; make room or give another --out'
    attempt('write', this.path, kept, () => {
      try {
        const fd = openSync(this.temporary, 'wx')
        try {
          const mode = modeOf(this.target)
          if (mode !== undefined) fchmodSync(fd, mode)
          for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
          fsyncSync(fd)
        } finally {
          closeSync(fd)
        }
        renameSync(this.temporary, this.target)
      } catch (error) {
        remove(this.temporary)
        throw error
      }
      syncFolder(this.folder)
    })
  }

  release(): void {
    process.off('exit', this.unlock)
    this.unlock()
  }

  private sweep(): void {
    const start = `${basename(this.target)}.`
    for (const name of readdirSync(this.folder)) {
      if (!name.startsWith(start)) continue
      const rest = name.slice(start.length)
      if (/^\d+\.tmp$/.test(rest) || UNFINISHED_LOCK.test(rest)) remove(join(this.folder, name))
    }
  }
}

/** Where a path leads: a regular file, or a name that is free. A device must not be replaced. */
function regular(path: string): string {
  let target: string
  try {
    target = realpathSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    // A link to nowhere would be replaced by the file; a name without a folder fails here.
    if (lstatSync(path, { throwIfNoEntry: false }))
      throw new Error('it is a link to no file', { cause: error })
    return join(realpathSync(dirname(path)), basename(path))
  }
  const stat = lstatSync(target)
  if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
  if (!stat.isFile()) throw new Error('it is no regular file')
  return target
}

function modeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.mode
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // It stays: the next run sweeps.
  }
}

/** A rename lasts only when the folder is on the disk too. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  try {
    const fd = openSync(folder, 'r')
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch {
    // Some file systems cannot; the file is in its place all the same.
  }
}
