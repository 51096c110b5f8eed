/** How a batch is cut into chunks of whole documents. */
import type { Config } from './config.js'

/** Graphs that a place keeps, one for each shape of a chunk; past that all are recorded anew. */
export const MAX_GRAPHS = 128

/**
 * Rows that go through the model at a time, at the most. A batch is cut into chunks of whole
 * documents: memory does not grow with it, and activations stay in the cache. The cuts change no
 * bit of the gradients, which go on summing row after row. Large weights come from far, and twice as
 * many rows for each time they come save some 3 %.
 */
export const chunkRows = ({ block_size, n_embd }: Config) =>
  Math.max(block_size, n_embd < 192 ? 128 : 256)

/**
 * Chunks of about equal size: then few shapes come up again and again, and all of a team have as much
 * to do. There is a multiple of `team` of them where there are documents enough.
 * @param lengths rows of each document, none above `most`
 * @param most rows of a chunk
 * @returns where each chunk ends, in documents
 */
export function cutChunks(lengths: readonly number[], most: number, team = 1): number[] {
  const docs = lengths.length
  const total = lengths.reduce((sum, length) => sum + length, 0)
  if (team === 1 && total <= most) return [docs]
  const whole = (count: number) => team * Math.ceil(count / team)
  for (let count = whole(total / most); count < docs;) {
    const ends = cutNear(lengths, total / count)
    const largest = sizesOf(lengths, ends).reduce((rows, size) => Math.max(rows, size), 0)
    if (largest <= most) return ends
    // As many more as the largest is too large: a batch may have a million documents.
    count = whole((count * largest) / most)
  }
  return lengths.map((_, d) => d + 1)
}

/** Ends of documents that lie nearest to the multiples of a number of rows. */
function cutNear(lengths: readonly number[], step: number): number[] {
  const ends: number[] = []
  let rows = 0
  let first = 0
  lengths.forEach((length, d) => {
    const aim = step * (ends.length + 1)
    // Before this document, when the aim lies in its first half.
    if (d > first && rows + length / 2 > aim) {
      ends.push(d)
      first = d
    }
    rows += length
  })
  return [...ends, lengths.length]
}

/** Rows of each chunk. */
function sizesOf(lengths: readonly number[], ends: readonly number[]): number[] {
  return ends.map((end, i) =>
    lengths.slice(ends[i - 1] ?? 0, end).reduce((sum, length) => sum + length, 0),
  )
}
