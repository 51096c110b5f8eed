/** bench: its flags are its own. */

export async function bench(argv: string[]): Promise<number> {
  return (await import('../bench/main.js')).runBench(argv)
}
