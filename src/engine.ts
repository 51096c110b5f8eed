/** The core and the arena of a model, on one thread or several. */
import { Arena } from './arena.js'
import { beside } from './beside.js'
import type { Config } from './config.js'
import { loadCore } from './core.js'
import { planGPT } from './memory.js'
import type { Engine, EngineOptions } from './threads/open.js'
import { DocumentPass } from './train.js'

export type { Engine, EngineOptions } from './threads/open.js'

/**
 * @throws {ConfigError} for threads that cannot be had
 * @throws {CoreError} {ArenaError} {TrainingError} when the core, memory or a thread cannot be had
 * @throws {MicroGPTError} when threads or fast need microgpt.threads.js, and it is not beside this
 *   module
 */
export async function openEngine(
  config: Config,
  vocabSize: number,
  options: EngineOptions,
): Promise<Engine> {
  let { core } = options
  const { fast, threads = 1 } = options
  if (fast || threads !== 1) {
    const { openOther } = await beside('microgpt.threads.js', import('./threads/main.js'))
    const other = await openOther(config, vocabSize, options)
    if ('arena' in other) return other
    core = other.core
  }
  const arena = new Arena(await loadCore(core), planGPT(config, vocabSize))
  return { arena, passOver: (dict) => new DocumentPass(arena, dict, config, vocabSize) }
}
