/** How a batch is cut into micro-batches of whole documents. */
import type { Config } from '../config/config.js'

/**
 * Largest number of rows of a micro-batch. So memory does not grow with the batch, and activations
 * stay in the cache. The cuts do not change the gradients, which are summed row after row. Large
 * weights come from main memory; twice as many rows per pass over them save about 3 %.
 */
export const microBatchRows = ({ block_size, n_embd }: Config) =>
  Math.max(block_size, n_embd < 192 ? 128 : 256)

/**
 * Cuts a batch into micro-batches of about equal size, so that there are few shapes, and all
 * threads have the same amount of work. Their number is a multiple of `threads` if there are enough
 * documents.
 * @param lengths rows of each document, at most `most`
 * @param most largest number of rows of a micro-batch
 * @returns the end of each micro-batch, as a number of documents
 */
export function cutBatch(lengths: readonly number[], most: number, threads = 1): number[] {
  const docs = lengths.length
  const total = lengths.reduce((sum, length) => sum + length, 0)
  if (threads === 1 && total <= most) return [docs]
  const wholeRounds = (count: number) => threads * Math.ceil(count / threads)
  for (let count = wholeRounds(total / most); count < docs;) {
    const ends = cutNear(lengths, total / count)
    const largest = rowsOf(lengths, ends).reduce((rows, size) => Math.max(rows, size), 0)
    if (largest <= most) return ends
    // Grow in proportion to the excess: one at a time would be slow for a million documents.
    count = wholeRounds((count * largest) / most)
  }
  return lengths.map((_, d) => d + 1)
}

/** The ends of documents that are nearest to the multiples of a number of rows. */
function cutNear(lengths: readonly number[], step: number): number[] {
  const ends: number[] = []
  let rows = 0
  lengths.forEach((length, d) => {
    const aim = step * (ends.length + 1)
    // Cut before this document if the aim is in its first half.
    if (d > 0 && rows + length / 2 > aim) ends.push(d)
    rows += length
  })
  return [...ends, lengths.length]
}

/** Rows of each micro-batch. */
function rowsOf(lengths: readonly number[], ends: readonly number[]): number[] {
  return ends.map((end, i) =>
    lengths.slice(ends[i - 1], end).reduce((sum, length) => sum + length, 0),
  )
}
