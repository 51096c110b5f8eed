/** Formats numbers and texts for display. */

/** Cuts a text to `most` characters and adds an ellipsis if it was longer. */
export function short(text: string, most = 60): string {
  // Cut by UTF-16 units first, because a line may be a megabyte long.
  const chars = [...text.slice(0, 2 * most + 2)]
  return chars.length > most ? `${chars.slice(0, most).join('')}…` : text
}

/** Makes a character visible: spaces and control characters become a symbol or their code point. */
export function visibleChar(char: string): string {
  if (char === '') return 'BOS'
  if (char === ' ') return '␣'
  if (char === '\n') return '↵'
  return /[\p{C}\p{Z}]/u.test(char)
    ? `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
    : char
}

/** The name that a file of a model is saved with. */
export const modelFileName = (preset: string, step: number, type: string) =>
  `microgpt-${preset}-step-${step}.${type}`

/** Ends a text with a period unless it already ends a sentence. */
export const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`)

/**
 * A number with commas between thousands; the first call of toLocaleString would take over 10 ms.
 */
export const count = (n: number) => String(n).replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ',')

/** A number with a few digits; very large and very small ones in exponential form. */
export function digits(x: number): string {
  if (x === 0 || !Number.isFinite(x)) return String(x)
  return Math.abs(x) >= 1e-3 && Math.abs(x) < 1e6 ? x.toFixed(4) : x.toExponential(2)
}

/** Like digits(), without zeros at the end. */
export const plain = (x: number) =>
  digits(x)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')

export const percent = (p: number) => `${(100 * p).toFixed(p < 0.0995 ? 1 : 0)}%`

/** A duration in a suitable unit, from µs to days. */
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
