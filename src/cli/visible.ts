/** Text from data, made harmless: a terminal obeys control characters, and a reader of lines splits at them. */

const hex = (char: string, digits: number) =>
  char.codePointAt(0)!.toString(16).padStart(digits, '0')

/** Text for a terminal: control characters (C0, DEL, C1) as \x1b and the like. */
export function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => `\\x${hex(char, 2)}`)
}

/** Likewise, for a text of several lines: it keeps its line ends and tabs. */
export function visibleLines(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, (char) => `\\x${hex(char, 2)}`)
}

/**
 * A value as JSON on one line for every reader: JSON.stringify leaves DEL and C1 as they are, and
 * U+0085, U+2028 and U+2029 end a line for some.
 */
export function jsonLine(value: unknown): string {
  const text = JSON.stringify(value)
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (char) => `\\u${hex(char, 4)}`) + '\n'
}
