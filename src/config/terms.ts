/**
 * What options are called where a message is read: fields and options in the library, flags on the
 * command line, controls on the page. A message names an option through term(), and each program
 * says once, when it starts, who reads it.
 */

/**
 * Things that a message may tell the reader to change, beyond the fields of a config.
 *
 * - `newRun`: begin a new run from a checkpoint's parameters; `anyWidth`: accept narrow numbers;
 * - `theAlphabet`, `theConfig`: say what a foreign checkpoint does not;
 * - `off`: the value that turns a field off;
 * - `replaceBytes`: replace malformed bytes; `latin`: read bytes as windows-1252;
 * - `column`, `field`: which part of each line of a table or of JSON Lines is the document;
 * - `asText`: learn from one long text.
 */
export const PHRASES = {
  newRun: 'give optimizer: false for a new run',
  anyWidth: 'give widen: true to read it anyway',
  theAlphabet: 'give alphabet, its characters in their order',
  theConfig: 'give preset and config',
  off: 'null',
  replaceBytes: "give 'replace' to replace the malformed bytes",
  latin: "give encoding 'windows-1252' if it was written on an older Windows",
  column: 'give column, one of',
  field: 'give field, one of',
  asText: 'give it as text instead of docs to learn from all of it',
  heldOut: 'create the model with valFraction 0.1',
} as const
export type Phrase = keyof typeof PHRASES

/** Who reads the messages of this program. */
export interface Front {
  /** The name of an option or a field of the config. */
  name(option: string): string
  /** Those that differ from the library's. */
  phrases: Partial<Record<Phrase, string>>
}

let front: Front = { name: (option) => option, phrases: {} }

/** From now on, messages are written for this front. A program calls it once, when it starts. */
export function speakTo(reader: Front): void {
  front = reader
}

/** What an option is called where the message is read. */
export function term(option: string): string {
  return front.name(option)
}

/** What to do about it, in the words of the place where the message is read. */
export function advice(phrase: Phrase): string {
  return front.phrases[phrase] ?? PHRASES[phrase]
}
