/**
 * The debug core, that for several threads and the benchmark's peak, built to say which of their
 * lines were run. Flags are an instance's own thread's: lines count that a test runs in its own.
 */
import { mkdirSync, readdirSync } from 'node:fs'
import asc from 'assemblyscript/asc'
import { CountLines } from './count-lines.mjs'

/** What is compiled: the file that lists the exports, and its options. */
const MODULES = {
  core: ['assembly/index.ts', '--target', 'debug'],
  threads: [
    ...['assembly/threads.ts', '--target', 'debug', '--enable', 'threads'],
    ...['--importMemory', '--sharedMemory'],
  ],
  peak: ['assembly/peak.ts', '--config', 'none', '--runtime', 'stub', '--enable', 'simd'],
}

/**
 * Compiles them into a folder of build/, never over what is shipped.
 * @returns lines that begin a statement, by file
 * @throws {Error} what the compiler says, and when a file of assembly/ is in none
 */
export async function buildCountingCores(folder) {
  mkdirSync(folder, { recursive: true })
  const lines = new Map()
  for (const [name, words] of Object.entries(MODULES)) {
    const counting = new CountLines()
    await compile([...words, '--outFile', `${folder}/${name}.wasm`], counting)
    for (const [file, found] of counting.lines) lines.set(file, found)
  }
  for (const name of readdirSync('assembly', { recursive: true })) {
    if (name.endsWith('.ts') && !lines.has(`assembly/${name}`)) {
      throw new Error(`assembly/${name} is part of no module in ${import.meta.url}; name its entry`)
    }
  }
  return lines
}

async function compile(words, transform) {
  const stderr = asc.createMemoryStream()
  const { error } = await asc.main(words, { stderr, transforms: [transform] })
  if (error) throw new Error(`${stderr.toString()}${error.message}`)
}
