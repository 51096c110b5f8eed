/** The core and the arena of a model, on one thread or several. */
import { Arena } from './arena.js'
import { beside } from './beside.js'
import { type Config, show } from './config.js'
import { type Core, type CoreSource, CORE_URL, fastCoreUrl, isNode, loadCore } from './core.js'
import { threadsCoreUrl } from './core.js'
import { ConfigError } from './errors.js'
import { planGPT } from './memory.js'
import { countParams, gptTable } from './state-dict.js'
import type { Team } from './threads/team.js'

export interface EngineOptions {
  /** Where core.wasm is, when it is not beside this module. */
  core?: CoreSource
  /**
   * Fused multiply-add where the engine has relaxed SIMD: faster by a tenth to a quarter, but the
   * last bits then depend on the machine. Without it, and by default, they are the same everywhere.
   */
  fast?: boolean
  /**
   * Threads to train on, 1 unless given; the results are the same to the bit. 'auto' takes as many
   * as the machine has where that pays, and 1 for small models. A page needs cross-origin isolation.
   */
  threads?: number | 'auto'
}

export interface Engine {
  core: Core
  arena: Arena
  team: Team | null
}

const MOST = 64

/**
 * Operations of a step from which on several threads pay: a step of this many takes some 0.3 ms,
 * of which waiting for each other takes a hundredth.
 */
const PAYS = 5e6

/**
 * @throws {ConfigError} for threads that cannot be had
 * @throws {CoreError} {ArenaError} {TrainingError} when the core, memory or a thread cannot be had
 */
export async function openEngine(
  config: Config,
  vocabSize: number,
  { core: source, fast = false, threads = 1 }: EngineOptions,
): Promise<Engine> {
  const url = source ?? (fast ? fastCoreUrl() : CORE_URL)
  const size = await teamSize(config, vocabSize, threads)
  if (size === 1) {
    const core = await loadCore(url)
    return { core, arena: new Arena(core, planGPT(config, vocabSize)), team: null }
  }
  if (!(url instanceof URL)) {
    const message = 'threads need the cores beside this module, or core as a URL; leave out core'
    throw new ConfigError('core', url, message)
  }
  const { Team } = await beside('microgpt.threads.js', import('./threads/main.js'))
  const plan = planGPT(config, vocabSize, size)
  const team = await Team.start(threadsCoreUrl(url)!, plan, size)
  return { core: team.arena.core, arena: team.arena, team }
}

async function teamSize(
  config: Config,
  vocabSize: number,
  threads: number | 'auto',
): Promise<number> {
  if (threads === 1) return 1
  const possible = typeof SharedArrayBuffer !== 'undefined' && threadsCoreUrl(CORE_URL) !== null
  if (threads === 'auto') {
    const work = 6 * countParams(gptTable(config, vocabSize)) * config.block_size
    if (!possible || work * config.batch_size < PAYS) return 1
    return Math.min(await cpus(), config.batch_size, MOST)
  }
  const refuse = (what: string): never => {
    throw new ConfigError('threads', threads, `threads ${what}, got ${show(threads)}; try 1`)
  }
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST) {
    refuse(`must be 'auto' or a whole number from 1 to ${MOST}`)
  }
  if (!possible) {
    refuse('above 1 need shared memory: a cross-origin isolated page (COOP, COEP), several files')
  }
  return threads
}

async function cpus(): Promise<number> {
  if (!isNode()) return navigator.hardwareConcurrency
  return (await import('node:os')).availableParallelism()
}
