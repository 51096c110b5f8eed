/**
 * Escapes control characters in text that comes from data: a terminal would act on them, and programs
 * that read lines might split at them.
 */

const hex = (char: string, digits: number) =>
  char.codePointAt(0)!.toString(16).padStart(digits, '0')

/** Text for a terminal: control characters (C0, DEL, C1) are written like \x1b. */
export function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => `\\x${hex(char, 2)}`)
}

/** The same for text of several lines: line feeds and tabs stay. */
export function visibleLines(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, (char) => `\\x${hex(char, 2)}`)
}

/**
 * A value as one line of JSON. Also escapes what JSON.stringify does not: DEL and C1, and characters
 * that some readers take as line ends (U+0085, U+2028, U+2029).
 */
export function jsonLine(value: unknown): string {
  const text = JSON.stringify(value)
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (char) => `\\u${hex(char, 4)}`) + '\n'
}
