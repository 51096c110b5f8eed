/** Instances of the core on one shared memory, in one thread. */
import { Arena, planBytes } from '../../src/index.js'
import { type ThreadsCore, sharedMemory, startCore } from '../../src/engine/core.js'
import { threadsBytes } from './cores.js'

const module = await WebAssembly.compile(threadsBytes)

/** Instances on one memory, the first of which has an arena; a thread pool without threads. */
export async function instances(
  count: number,
  plan = { params: 16, values: 64, scratch: 64, records: 64 },
) {
  const memory = sharedMemory(planBytes(plan).total)
  const cores: ThreadsCore[] = []
  for (let i = 0; i < count; i++) cores.push(await startCore<ThreadsCore>(module, memory))
  const arena = new Arena(cores[0]!, plan)
  const block = cores[0]!.share(count) >>> 0
  cores.slice(1).forEach((core, i) => core.join(block, i + 1))
  /** The line in which an instance writes whether it works, and its heartbeat. */
  const lineOf = (index: number) => new Int32Array(memory.buffer, block + 64 * (2 + index), 2)
  /** A record of the tape, which is before the block. */
  const recordAt = (index: number) => {
    const records = plan.records - 2 - 2 * count
    return new Int32Array(memory.buffer, block - 64 * (records - index), 16)
  }
  return { arena, cores, lineOf, recordAt, first: cores[0]! }
}
