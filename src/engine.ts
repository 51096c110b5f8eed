/** The core and the arena of a model, on one thread or several. */
import { Arena } from './arena.js'
import { beside } from './beside.js'
import type { Config } from './config.js'
import { type Core, type CoreSource, CORE_URL, fastCoreUrl, loadCore } from './core.js'
import { planGPT } from './memory.js'
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

/**
 * @throws {ConfigError} for threads that cannot be had
 * @throws {CoreError} {ArenaError} {TrainingError} when the core, memory or a thread cannot be had
 * @throws {MicroGPTError} when microgpt.threads.js is needed, and is not beside this module
 */
export async function openEngine(
  config: Config,
  vocabSize: number,
  { core: source, fast = false, threads = 1 }: EngineOptions,
): Promise<Engine> {
  const url = source ?? (fast ? fastCoreUrl() : CORE_URL)
  const planFor = (size: number) => planGPT(config, vocabSize, size)
  if (threads !== 1) {
    const { openTeam } = await beside('microgpt.threads.js', import('./threads/main.js'))
    const team = await openTeam(url, config, planFor, threads)
    if (team) return { core: team.arena.core, arena: team.arena, team }
  }
  const core = await loadCore(url)
  return { core, arena: new Arena(core, planFor(1)), team: null }
}
