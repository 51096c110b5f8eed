/** Builds of the core other than the usual one: with fused multiply-add, and for several threads. */
import type { Arena } from '../arena.js'
import { type Config, show } from '../config.js'
import { type CoreSource, CORE_URL, fastCoreUrl, isNode, threadsCoreUrl } from '../core.js'
import { ConfigError } from '../errors.js'
import { planGPT } from '../memory.js'
import type { StateDict } from '../state-dict.js'
import type { DocumentPass } from '../train.js'
import { TeamPass } from './pass.js'
import { planTeam } from './plan.js'
import { Team } from './team.js'

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

/** What a model is made on. */
export interface Engine {
  arena: Arena
  /** Its way of training; the last to take room in the arena. */
  passOver(stateDict: StateDict): DocumentPass
}

const MOST = 64

/**
 * Operations of a step from which on several threads pay: a step of this many takes some 0.3 ms,
 * of which waiting for each other takes a hundredth.
 */
const PAYS = 5e6

/**
 * @returns a team's engine; or where one thread is what is asked for, or what pays, the core to take
 * @throws {ConfigError} for threads that cannot be had
 * @throws {CoreError} {ArenaError} {TrainingError} when the core, memory or a thread cannot be had
 */
export async function openOther(
  config: Config,
  vocabSize: number,
  { core: source, fast, threads = 1 }: EngineOptions,
): Promise<Engine | { core: CoreSource }> {
  const core = source ?? (fast ? fastCoreUrl() : CORE_URL)
  const { params } = planGPT(config, vocabSize)
  const size = await teamSize(config, params, threads)
  if (size === 1) return { core }
  if (!(core instanceof URL)) {
    const message = 'threads need the cores beside this module, or core as a URL; leave out core'
    throw new ConfigError('core', core, message)
  }
  const plan = planTeam(config, vocabSize, size)
  const team = await Team.start(threadsCoreUrl(core)!, plan, size)
  const passOver = (dict: StateDict) => new TeamPass(team, dict, config, vocabSize)
  return { arena: team.arena, passOver }
}

async function teamSize(
  config: Config,
  numParams: number,
  threads: number | 'auto',
): Promise<number> {
  const possible = typeof SharedArrayBuffer !== 'undefined' && threadsCoreUrl(CORE_URL) !== null
  if (threads === 'auto') {
    const work = 6 * numParams * config.block_size
    if (!possible || work * config.batch_size < PAYS) return 1
    return Math.min(await cpus(), config.batch_size, MOST)
  }
  const refuse = (what: string): never => {
    throw new ConfigError('threads', threads, `threads ${what}, got ${show(threads)}; try 1`)
  }
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST) {
    refuse(`must be 'auto' or a whole number from 1 to ${MOST}`)
  }
  if (threads > 1 && !possible) {
    refuse('above 1 need shared memory: a cross-origin isolated page (COOP, COEP), several files')
  }
  return threads
}

async function cpus(): Promise<number> {
  if (!isNode()) return navigator.hardwareConcurrency
  return (await import('node:os')).availableParallelism()
}
