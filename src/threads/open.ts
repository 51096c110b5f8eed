/** How many threads a model gets, and the team of them. */
import type { ArenaPlan } from '../arena.js'
import { type Config, show } from '../config.js'
import { type CoreSource, CORE_URL, isNode, threadsCoreUrl } from '../core.js'
import { ConfigError } from '../errors.js'
import { Team } from './team.js'

const MOST = 64

/**
 * Operations of a step from which on several threads pay: a step of this many takes some 0.3 ms,
 * of which waiting for each other takes a hundredth.
 */
const PAYS = 5e6

/**
 * @param core of one thread, beside which lies that for several
 * @param planFor the arena for a number of threads
 * @returns null where one thread is what is asked for, or what pays
 * @throws {ConfigError} for threads that cannot be had
 * @throws {CoreError} {ArenaError} {TrainingError} when the core, memory or a thread cannot be had
 */
export async function openTeam(
  core: CoreSource,
  config: Config,
  planFor: (threads: number) => ArenaPlan,
  threads: number | 'auto',
): Promise<Team | null> {
  const size = await teamSize(config, planFor(1).params, threads)
  if (size === 1) return null
  if (!(core instanceof URL)) {
    const message = 'threads need the cores beside this module, or core as a URL; leave out core'
    throw new ConfigError('core', core, message)
  }
  return Team.start(threadsCoreUrl(core)!, planFor(size), size)
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
  if (!possible) {
    refuse('above 1 need shared memory: a cross-origin isolated page (COOP, COEP), several files')
  }
  return threads
}

async function cpus(): Promise<number> {
  if (!isNode()) return navigator.hardwareConcurrency
  return (await import('node:os')).availableParallelism()
}
