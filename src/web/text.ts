/** Numbers and texts as the page shows them. */

/** At most `most` characters, and a sign that there are more. */
export function short(text: string, most = 60): string {
  // Cut by UTF-16 units first: a line may be a megabyte long.
  const chars = [...text.slice(0, 2 * most + 2)]
  return chars.length > most ? `${chars.slice(0, most).join('')}…` : text
}

/** A character that has no shape of its own gets its code point. */
export function visibleChar(char: string): string {
  if (char === '') return 'BOS'
  if (char === ' ') return '␣'
  return /[\p{C}\p{Z}]/u.test(char)
    ? `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
    : char
}

/** The name that a file of a model is saved with. */
export const modelFileName = (preset: string, step: number, type: string) =>
  `microgpt-${preset}-step-${step}.${type}`

/** What was said as a whole sentence. */
export const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`)

/** A number with commas between its thousands. toLocaleString takes 10 ms and more to load first. */
export const count = (n: number) => String(n).replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ',')

/** Some digits of a number of any size. */
export function digits(x: number): string {
  if (x === 0 || !Number.isFinite(x)) return String(x)
  return Math.abs(x) >= 1e-3 && Math.abs(x) < 1e6 ? x.toFixed(4) : x.toExponential(2)
}

export const percent = (p: number) => `${(100 * p).toFixed(p < 0.0995 ? 1 : 0)}%`

/** A duration of any length. */
export function duration(ms: number): string {
  if (ms < 1) return `${(1000 * ms).toFixed(ms < 0.1 ? 1 : 0)} µs`
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 120) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
  const minutes = seconds / 60
  if (minutes < 120) return `${Math.round(minutes)} minutes`
  return minutes < 2880
    ? `${Math.round(minutes / 60)} hours`
    : `${count(Math.round(minutes / 1440))} days`
}
