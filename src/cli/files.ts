/** Reads checkpoint files, and writes them atomically. */
import { closeSync, constants, fchmodSync, fstatSync, fsyncSync, lstatSync } from 'node:fs'
import { openSync, readSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CheckpointError } from '../errors.js'
import { type ByteSource, headerLength } from '../checkpoint/safetensors/read.js'
import { UsageError } from './exit.js'
import { UNFINISHED_LOCK, lock } from './lock.js'
import { type Around, checkRoom, prefixBeside, targetOf } from './target.js'

/** Largest file in bytes: a model's memory is limited to 4 GiB. */
export const MAX_FILE = 2 ** 32
/** Bytes per read call: some systems do not read 2 GiB or more at once. */
const PIECE = 2 ** 26

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

/** Adds the file's path to an error's message, unless it is there already. */
export function named(path: string, { code, message }: CheckpointError): CheckpointError {
  const text = message.includes(path) ? message : `${path}: ${message}`
  return new CheckpointError(code, text)
}

/** Runs `work`; turns errors of the file system into a CheckpointError that explains them. */
export function attemptFile<T>(
  verb: 'read' | 'write' | 'flush',
  path: string,
  hint: string,
  work: () => T,
): T {
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

/** An open checkpoint file. Its bytes are read on request. */
export class OpenModel implements ByteSource {
  readonly byteLength: number
  private readonly path: string
  private readonly fd: number

  /**
   * Opens the file, and checks its size and its first eight bytes (the length of the header).
   * @throws {CheckpointError}
   */
  constructor(path: string) {
    this.path = path
    const hint = 'give a file that train --out has written'
    ;[this.fd, this.byteLength] = attemptFile('read', path, hint, () => {
      // O_NONBLOCK: opening a named pipe without a writer would otherwise wait forever.
      const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
      try {
        return [fd, sizeOf(fd)]
      } catch (error) {
        closeSync(fd)
        throw error
      }
    })
  }

  /** Bytes [from, to) of the file. @throws {CheckpointError} */
  read(from: number, to: number): Uint8Array {
    return attemptFile('read', this.path, 'is it being written to?', () =>
      readBytes(this.fd, from, to),
    )
  }

  close(): void {
    try {
      closeSync(this.fd)
    } catch {
      // The data has been read already.
    }
  }
}

/** Runs `work` on a checkpoint, then closes it. @throws {CheckpointError} naming the file */
export async function withModel<T>(
  path: string,
  work: (file: OpenModel) => T | Promise<T>,
): Promise<T> {
  const file = new OpenModel(path)
  try {
    return await work(file)
  } catch (error) {
    // A 'file' error already names its file, which may be another one.
    const isOwn = error instanceof CheckpointError && error.code !== 'file'
    throw isOwn ? named(path, error) : error
  } finally {
    file.close()
  }
}

function sizeOf(fd: number): number {
  const stat = fstatSync(fd)
  if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
  if (!stat.isFile()) throw new Error('it is not a regular file')
  if (stat.size >= MAX_FILE) throw new Error('it is larger than 4 GiB')
  headerLength(readBytes(fd, 0, Math.min(8, stat.size)), stat.size)
  return stat.size
}

function readBytes(fd: number, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(to - from)
  for (let at = 0; at < bytes.length;) {
    const count = readSync(fd, bytes, at, Math.min(PIECE, bytes.length - at), from + at)
    if (count === 0) throw new CheckpointError('truncated', `the file ends at byte ${from + at}`)
    at += count
  }
  return bytes
}

/** The file that a run saves to: locked by this process, and replaced atomically. */
export class ModelFile {
  /** The path as given by the user. */
  readonly path: string
  /** Whether the file existed when the run began. */
  readonly existed: boolean
  /** Whether it is the file that the run was resumed from. */
  readonly isResumed: boolean
  private readonly target: string
  private readonly folder: string
  private readonly prefix: string
  private readonly temporary: string
  private readonly unlock: () => void

  /**
   * Locks the file, and removes temporary files of runs that were killed.
   * @throws {CheckpointError} if another run has locked it, or it cannot be written
   * @throws {UsageError} if the file must not be replaced
   */
  constructor(path: string, around: Around = { replace: 'anything' }) {
    this.path = path
    const hint = 'give --out a file in a folder that can be written to'
    const target = attemptFile('write', path, hint, () => targetOf(path, around))
    this.target = target.file
    this.existed = target.exists
    this.isResumed = target.isResumed
    this.folder = dirname(this.target)
    this.prefix = prefixBeside(this.target)
    this.temporary = `${this.prefix}.${process.pid}.tmp`
    this.unlock = attemptFile('write', path, hint, () => lock(`${this.prefix}.lock`, path))
    process.once('exit', this.unlock)
    try {
      attemptFile('write', path, hint, () => this.sweep())
    } catch (error) {
      this.release()
      throw error
    }
  }

  /** @throws {CheckpointError} if this many bytes do not fit on the disk, or are too many to read */
  checkSize(bytes: number): void {
    if (bytes >= MAX_FILE) {
      const what = `${this.path} would be larger than 4 GiB, and could not be read back`
      throw new CheckpointError('file', `${what}; make the model smaller`)
    }
    checkRoom(this.path, this.folder, bytes)
  }

  /** Replaces the file atomically. @throws {CheckpointError} with the old file unchanged */
  write(pieces: Iterable<Uint8Array>): void {
    const kept = 'the file stays as it was; make room or give another --out'
    attemptFile('write', this.path, kept, () => {
      try {
        const fd = openSync(this.temporary, 'wx')
        try {
          const mode = modeOf(this.target)
          if (mode !== undefined) fchmodSync(fd, mode)
          for (const piece of pieces) {
            for (let at = 0; at < piece.length;) at += writeSync(fd, piece, at)
          }
          fsyncSync(fd)
        } finally {
          closeSync(fd)
        }
        renameSync(this.temporary, this.target)
      } catch (error) {
        remove(this.temporary)
        throw error
      }
    })
    const unsure = 'it is saved, but may be lost if the power fails now'
    attemptFile('flush', this.path, unsure, () => syncFolder(this.folder))
  }

  release(): void {
    process.off('exit', this.unlock)
    this.unlock()
  }

  private sweep(): void {
    const start = `${basename(this.prefix)}.`
    for (const name of readdirSync(this.folder)) {
      if (!name.startsWith(start)) continue
      const rest = name.slice(start.length)
      if (/^\d+\.tmp$/.test(rest) || UNFINISHED_LOCK.test(rest)) remove(join(this.folder, name))
    }
  }
}

function modeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.mode
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // Ignored: the next run removes it.
  }
}

/** Error codes of systems that cannot sync a folder, or cannot open one to do so. */
const NO_FOLDER_SYNC = new Set(
  process.platform === 'win32'
    ? ['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'EBADF', 'ENOTSUP', 'ENOSYS']
    : // A folder may be writable without being readable: then it cannot be opened.
      ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF', 'EISDIR', 'EACCES'],
)

/**
 * Syncs the folder: without this a rename can be lost in a power failure.
 * @throws errors of node:fs
 */
function syncFolder(folder: string): void {
  try {
    const fd = openSync(folder, 'r')
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
