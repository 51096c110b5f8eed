/**
 * Where a key moves the cursor of a chart, as in any slider: by one point, by a twentieth, or to an end.
 * @param last index of the last point
 * @returns an index that may be outside the points; null for other keys
 */
export function sliderMove(key: string, at: number, last: number): number | null {
  const far = Math.max(1, Math.round(last / 20))
  const moves: Record<string, number> = {
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    PageDown: at - far,
    PageUp: at + far,
    Home: 0,
    End: last,
  }
  return Object.hasOwn(moves, key) ? moves[key]! : null
}
