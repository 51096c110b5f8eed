/** The door for models of one's own: a builder function becomes a recorded graph. */
import { Arena } from './arena.js'
import type { Core } from './core.js'
import { Graph } from './graph.js'

/**
 * Records what a function builds on a graph, in an arena of just the right size. The function is run
 * twice: first on a graph that only counts, then on the real one. It must do the same both times;
 * values that it writes count the second time only.
 * @param core one that has no arena yet
 * @param build takes parameters with g.param(), inputs with g.input() and g.ids(), and calls ops; it
 *   may make more graphs on g.arena, after it is done with g
 * @returns the arena, the graph, and what the builder returned
 * @throws {ArenaError} when the model does not fit, or the core has an arena already
 * @throws {GraphError} when shapes do not fit
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
