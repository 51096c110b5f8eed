/** The bench command. It parses its own flags. */

export async function bench(argv: string[]): Promise<number> {
  return (await import('../bench/main.js')).runBench(argv)
}
