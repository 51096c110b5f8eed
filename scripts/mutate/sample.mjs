/** Some of a list: the same ones for the same seed. */

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function randomOf(seed) {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** @returns count of the items, in their order */
export function sampleOf(items, count, seed) {
  const random = randomOf(seed)
  const places = items.map((_, i) => i)
  const chosen = Math.min(count, items.length)
  for (let i = 0; i < chosen; i++) {
    const j = i + Math.floor(random() * (places.length - i))
    ;[places[i], places[j]] = [places[j], places[i]]
  }
  return places
    .slice(0, chosen)
    .sort((a, b) => a - b)
    .map((i) => items[i])
}
