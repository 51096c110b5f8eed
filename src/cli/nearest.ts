/** Suggestions for mistyped names. */

/** The fewest letters to insert, delete, replace or swap with the next one to turn a into b. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + change)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) best = Math.min(best, rows[i - 2]![j - 2]! + 1)
      row.push(best)
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}

/** The closest name; undefined if none is close, because a wrong hint is worse than none. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  // Longer text is not a mistyped name, and the distance takes quadratic time.
  if (name.length > 40) return undefined
  const scored = names.map((known) => ({ known, distance: editDistance(name, known) }))
  const best = scored.reduce((a, b) => (b.distance < a.distance ? b : a))
  return best.distance <= Math.max(2, name.length / 3) ? best.known : undefined
}
