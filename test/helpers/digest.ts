/** A file in a few characters: to compare two files byte by byte is slow in an assertion. */
import { createHash } from 'node:crypto'

export const digest = (bytes: Uint8Array) =>
  `${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex')}`
