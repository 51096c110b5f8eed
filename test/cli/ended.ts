/** What the program leaves when it has ended, built or not. */

export interface Ended {
  code: number | null
  /** The signal that killed it, where none was caught. */
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  lines: string[]
}

/** The objects of a --json run. */
export const objects = ({ lines }: Ended): Record<string, unknown>[] =>
  lines.map((line) => JSON.parse(line))
