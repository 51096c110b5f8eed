/** How a batch is cut into chunks of whole documents. */

/**
 * Chunks of about equal size: then few shapes come up again and again, and all of a team have as much
 * to do. There is a multiple of `team` of them where there are documents enough.
 * @param lengths rows of each document, none above `most`
 * @param most rows of a chunk
 * @returns where each chunk ends, in documents
 */
export function cutChunks(lengths: readonly number[], most: number, team: number): number[] {
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
