/** The entry point for custom models: a builder function becomes a recorded graph. */
import { Arena } from './arena.js'
import type { Core } from './core.js'
import { Graph } from './graph.js'

/**
 * Records the model that a function builds, in an arena of exactly the size it needs. The function
 * runs twice: first on a graph that only counts, then on the real one. It must make the same calls
 * both times; numbers that it writes are kept only from the second run.
 * @param core a core without an arena, from loadCore
 * @param build creates parameters with g.param(), inputs with g.input() and g.ids(), and calls ops.
 *   It may then create more graphs on g.arena, once g is complete
 * @returns the arena, the graph, and what the builder returned
 * @throws {ArenaError} if the model does not fit in memory, or the core has an arena already
 * @throws {GraphError} if shapes do not fit
 */
export function recordModel<T>(
  core: Core,
  build: (g: Graph) => T,
): { arena: Arena; graph: Graph; model: T } {
  const arena = new Arena(
    core,
    Arena.count(core, (counting) => build(new Graph(counting))),
  )
  const graph = new Graph(arena)
  return { arena, graph, model: build(graph) }
}
