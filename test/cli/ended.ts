/** What the program leaves when it has ended. */

export interface Ended {
  code: number | null
  /** The signal that killed it; null if it exited. */
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  lines: string[]
}

/** The parsed output of a --json run. */
export const objects = ({ lines }: Ended): Record<string, unknown>[] =>
  lines.map((line) => JSON.parse(line))
