/** The builds of the core, and arenas on new instances of two of them. */
import { readFileSync } from 'node:fs'
import { Arena, type ArenaPlan, Graph, loadCore } from '../../src/index.js'

const read = (name: string) => readFileSync(new URL(`../../build/${name}`, import.meta.url))

export const releaseBytes = read('core.wasm')
export const debugBytes = read('core.debug.wasm')
/** For several instances on one memory. */
export const threadsBytes = read('core.threads.wasm')
/** The benchmark's peak measurement. */
export const peakBytes = read('peak.wasm')

const modules = {
  release: await WebAssembly.compile(releaseBytes),
  debug: await WebAssembly.compile(debugBytes),
}
export type Build = keyof typeof modules
/** For `describe.each`. */
export const BUILDS = Object.keys(modules) as Build[]

export const moduleOf = (build: Build) => modules[build]

/** An arena on a new core. */
export async function arenaOn(build: Build, plan: Partial<ArenaPlan> = {}): Promise<Arena> {
  const core = await loadCore(modules[build])
  return new Arena(core, { params: 16, values: 200_000, scratch: 20_000, records: 64, ...plan })
}

/** An empty graph on a new arena. */
export async function graphOn(build: Build, plan: Partial<ArenaPlan> = {}): Promise<Graph> {
  return new Graph(await arenaOn(build, plan))
}
