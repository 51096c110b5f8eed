/** The core, the arena and the executor of a model, on one thread or several. */
import { checkEffect, checkField, show } from '../config/checks.js'
import type { Config } from '../config/config.js'
import { term } from '../config/terms.js'
import { countParams, gptTable } from '../config/parameters.js'
import { Arena } from '../engine/arena.js'
import { coreUrl, hasFiles } from '../engine/assets.js'
import { type CoreSource, hasFusedMultiplyAdd, isNode, loadCore } from '../engine/core.js'
import { type Executor, SerialExecutor } from '../engine/executor.js'
import { ConfigError } from '../errors.js'
import { planGPT } from './memory.js'

/** Options for where and how a model runs. */
export interface EngineOptions {
  /** The core, if core.wasm is not next to this module. */
  core?: CoreSource
  /**
   * Use fused multiply-add if the JavaScript engine has relaxed SIMD. 10 to 25 % faster, but the
   * last bits then depend on the machine. Not together with `core`. Default false: the same bits
   * everywhere.
   */
  fast?: boolean
  /**
   * Threads to train on, 1 to 64; default 1. The results are bit-identical. 'auto' uses the
   * machine's cores if that is faster, and 1 for small models. A `core` must then be a URL, with
   * its build for threads next to it. A page must be cross-origin isolated.
   */
  threads?: number | 'auto'
}

/** What a model runs on. */
export interface Runtime {
  arena: Arena
  executor: Executor
}

const MAX_THREADS = 64

/**
 * Floating-point operations per step from which several threads are faster: such a step takes about
 * 0.3 ms, and the threads wait for each other for about 1 % of it.
 */
const PARALLEL_FLOPS = 5e6

/**
 * @throws {ConfigError} if threads are not available here
 * @throws {CoreError} {ArenaError} {TrainingError} if the core, the memory or a thread is not
 *   available
 */
export async function openRuntime(
  config: Config,
  vocabSize: number,
  options: EngineOptions,
): Promise<Runtime> {
  const { core, fast = false, threads = 1 } = options
  checkField('fast', fast, { kind: 'boolean' }, false)
  checkEffect(options, {
    fast:
      core !== undefined
        ? "chooses among this package's own cores, but core is given"
        : !hasFiles() && 'needs the cores as files: import microgpt-wasm, not its inline bundle',
  })
  const width = threadCount(config, vocabSize, options, threads)
  const fused = fast && hasFusedMultiplyAdd()
  if (width === 1) {
    const given = core ?? (fused ? coreUrl({ fast: true }) : undefined)
    const loaded = await loadCore(given)
    const arena = new Arena(loaded, planGPT(loaded, config, vocabSize))
    return { arena, executor: new SerialExecutor(arena) }
  }
  const source = threadsCore(core, fused)
  const { ThreadPool } = await import('../engine/threads/thread-pool.js')
  const pool = await ThreadPool.start(
    source,
    (counting) => planGPT(counting, config, vocabSize, width),
    width,
  )
  return { arena: pool.arena, executor: pool }
}

/** The core for several threads: next to this module, or next to the core whose URL is given. */
function threadsCore(core: CoreSource | undefined, fast: boolean): URL {
  if (core === undefined) return coreUrl({ fast, threads: true })
  if (core instanceof URL) return new URL(core.href.replace(/wasm$/, 'threads.wasm'))
  const message = 'threads need the cores beside this module, or core as a URL; leave out core'
  throw new ConfigError('core', core, message)
}

function threadCount(
  config: Config,
  vocabSize: number,
  { core }: EngineOptions,
  threads: number | 'auto',
): number {
  const shares = typeof SharedArrayBuffer !== 'undefined'
  const possible = shares && hasFiles() && (core === undefined || core instanceof URL)
  if (threads === 'auto') {
    const params = countParams(gptTable(config, vocabSize))
    const flops = 6 * params * config.block_size * config.batch_size
    if (!possible || flops < PARALLEL_FLOPS) return 1
    return Math.min(cpus(), config.batch_size, MAX_THREADS)
  }
  const refuse = (what: string): never => {
    throw new ConfigError(
      'threads',
      threads,
      `${term('threads')} ${what}, got ${show(threads)}; try 1`,
    )
  }
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
    refuse(`must be 'auto' or a whole number from 1 to ${MAX_THREADS}`)
  }
  if (threads > 1 && !hasFiles()) {
    refuse('above 1 need the cores as files: import microgpt-wasm, not its inline bundle')
  }
  if (threads > 1 && !shares) {
    const isolated = 'shared memory: a cross-origin isolated page (COOP, COEP)'
    const lacks = 'SharedArrayBuffer, which this browser does not have'
    refuse(`above 1 need ${globalThis.crossOriginIsolated ? lacks : isolated}`)
  }
  return threads
}

const cpus = () =>
  isNode()
    ? globalThis.process.getBuiltinModule('node:os').availableParallelism()
    : navigator.hardwareConcurrency
