/** What reading and writing a safetensors file have in common. */

/** The header's key for a file's own strings. */
export const METADATA = '__metadata__'

/** Bytes that a header may have, unless the reader sets another limit: 16 MiB. */
export const MAX_HEADER = 16 * 2 ** 20
