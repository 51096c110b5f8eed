/**
 * Random programs for the core, through the public graph API: ops over random tensors with shapes
 * that often fit and sometimes do not, bounds and ids that may be wrong, arenas that may be full.
 *
 *   1. An op is recorded, or refused by a GraphError or ArenaError; a refusal leaves the tape as it
 *      was and no number of the arena changed. The debug build's asserts never speak.
 *   2. What was recorded runs, and its gradient agrees with central differences.
 *   3. The release build, given the same program, refuses the same and gives the same bits.
 */
import { Arena, ArenaError, type Bounds, Graph, GraphError, type Ids } from '../../src/index.js'
import { Random, type Tensor, loadCore } from '../../src/index.js'
import { moduleOf } from '../helpers/cores.js'

const BUILDS = ['debug', 'release'] as const
const STEP = 1e-5

/** What a program did, for two builds to be compared by. */
interface Trace {
  /** Each call's op, or the error it was refused with. */
  calls: string[]
  /** Numbers and gradients of all that was recorded. */
  bits: Float64Array[]
}

/** How a batch of programs went. */
export interface ProgramCount {
  programs: number
  ops: number
  refused: number
  probed: number
}

/**
 * Runs the program of a seed on both builds.
 * @throws {Error} when one of them does what it must not
 */
export async function fuzzProgram(seed: number, count: ProgramCount): Promise<void> {
  const traces: Trace[] = []
  for (const build of BUILDS) {
    const random = new Random(seed)
    const plan = {
      params: random.randrange(40),
      values: random.random() < 0.1 ? random.randrange(200) : 20_000,
      scratch: random.random() < 0.1 ? random.randrange(100) : 2000,
      records: random.random() < 0.1 ? random.randrange(6) : 40,
    }
    const arena = new Arena(await loadCore(moduleOf(build)), plan)
    const other = new Arena(await loadCore(moduleOf(build)), { ...plan, params: 1e5, values: 6 })
    const program = new Program(arena, other, random)
    for (let n = 1 + random.randrange(14); n > 0; n--) program.call()
    traces.push(program.run(build === 'debug' ? count : null))
  }
  const [debug, release] = traces
  if (debug!.calls.join() !== release!.calls.join())
    throw new Error('the builds refuse differently')
  for (const [i, numbers] of debug!.bits.entries()) {
    const other = release!.bits[i]!
    if (!numbers.every((x, j) => Object.is(x, other[j]))) throw new Error('the builds differ')
  }
  count.programs++
  count.ops += debug!.calls.filter((call) => !call.startsWith('!')).length
  count.refused += debug!.calls.filter((call) => call.startsWith('!')).length
}

class Program {
  private readonly arena: Arena
  private readonly random: Random
  private readonly graph: Graph
  /** Everything that an op can take. */
  private readonly tensors: Tensor[] = []
  /** Those whose numbers are the program's own. */
  private readonly leaves: Tensor[] = []
  private readonly calls: string[] = []
  private readonly foreign: Tensor
  private inference = false

  /** @param other an arena whose tensors are refused */
  constructor(arena: Arena, other: Arena, random: Random) {
    this.arena = arena
    this.random = random
    this.graph = new Graph(arena)
    for (let i = 0; i < arena.params.length; i++) arena.params[i] = random.gauss(0, 0.7)
    const { params } = arena.plan
    if (params >= 6) this.leaf(arena.param(random.randrange(params - 5), [2, 3]))
    this.foreign = other.alloc([2, 3])
  }

  /** Makes one call, which may be refused. */
  call(): void {
    const { random, arena } = this
    const names = Object.keys(this.ops)
    const name = names[random.randrange(names.length)]!
    const before = { length: arena.core.tapeLength(), mark: arena.mark() }
    const bytes = new Uint8Array(arena.params.buffer)
    // Before the parameters are the core's own tables, and a record that it counts with.
    const first = arena.params.byteOffset
    const held = bytes.slice(first, before.mark)
    // Behind the mark is room that the program may have written inputs to before the op.
    const behind = arena.params.byteOffset + arena.core.gradientGap()
    const rest = bytes.slice(behind)
    try {
      const made = this.ops[name]!()
      if (made) this.tensors.push(made)
      this.calls.push(name)
    } catch (error) {
      // An assert of the core, or a trap, is neither of these.
      if (!(error instanceof GraphError || error instanceof ArenaError)) {
        throw new Error(`${name}: ${String(error)}`, { cause: error })
      }
      this.calls.push(`!${name} ${error.message}`)
      if (arena.core.tapeLength() !== before.length) {
        throw new Error(`${name} left a record`, { cause: error })
      }
      if (!same(held, bytes.subarray(first, before.mark)) || !same(rest, bytes.subarray(behind))) {
        throw new Error(`${name} was refused and wrote all the same`, { cause: error })
      }
    }
  }

  /**
   * Forward and backward of all that was recorded, and central differences where they are possible.
   */
  run(count: ProgramCount | null): Trace {
    const { graph, tensors, arena } = this
    const bits: Float64Array[] = []
    const outputs = graph.records.map(({ output }) => output)
    const last = outputs.at(-1)
    if (last) {
      graph.forward()
      if (!this.inference) {
        arena.zeroGrad()
        graph.backward(last)
        if (count) this.gradcheck(last, count)
      }
    }
    for (const tensor of tensors) bits.push(tensor.data.slice(), tensor.grad.slice())
    return { calls: this.calls, bits }
  }

  private gradcheck(last: Tensor, count: ProgramCount): void {
    const { graph, random } = this
    const sum = () => {
      graph.forward()
      return last.data.reduce((a, b) => a + b, 0)
    }
    const grads = this.leaves.map(({ grad }) => grad.slice())
    for (let n = 0; n < 4 && this.leaves.length > 0; n++) {
      const k = random.randrange(this.leaves.length)
      const { data } = this.leaves[k]!
      const i = random.randrange(data.length)
      const x = data[i]!
      const slopeOf = (step: number) => {
        data[i] = x + step
        const up = sum()
        data[i] = x - step
        const down = sum()
        data[i] = x
        return (up - down) / (2 * step)
      }
      const [slope, finer] = [slopeOf(STEP), slopeOf(STEP / 10)]
      const size = Math.max(1, Math.abs(slope), Math.abs(sum()))
      // A corner of relu within the step, or numbers too large for differences, tell nothing.
      if (!(Math.abs(slope - finer) < 1e-5 * size)) continue
      count.probed++
      const error = Math.abs(slope - grads[k]![i]!) / size
      if (!(error < 1e-4)) throw new Error(`gradient ${grads[k]![i]}, central difference ${slope}`)
    }
    graph.forward()
  }

  private leaf(tensor: Tensor): Tensor {
    this.leaves.push(tensor)
    this.tensors.push(tensor)
    return tensor
  }

  /** A size that is mostly small, and now and then none that a tensor can have. */
  private size(): number {
    const { random } = this
    const odd = [0, -1, 1.5, NaN, 2 ** 31, 2 ** 32, 2 ** 32 + 4, 2 ** 53, Infinity]
    if (random.random() < 0.03) return odd[random.randrange(odd.length)]!
    return 1 + random.randrange(random.random() < 0.1 ? 40 : 6)
  }

  private any(): Tensor {
    const { tensors, random } = this
    if (random.random() < 0.02) return this.foreign
    if (tensors.length === 0 || random.random() < 0.2) {
      return this.input(random.random() < 0.1 ? [this.size()] : [this.size(), this.size()])
    }
    return tensors[random.randrange(tensors.length)]!
  }

  /** A tensor like another one, mostly. */
  private like(x: Tensor): Tensor {
    const alike = this.tensors.filter(({ shape }) => shape.join() === x.shape.join())
    const pick = this.random.random()
    if (pick < 0.1) return this.any()
    return pick < 0.6 && alike.length > 0
      ? alike[this.random.randrange(alike.length)]!
      : this.input(x.shape)
  }

  /** A matrix of some columns, mostly. */
  private rows(columns: number): Tensor {
    return this.random.random() < 0.1 ? this.any() : this.input([this.size(), columns])
  }

  private input(shape: readonly number[]): Tensor {
    const tensor = this.graph.input(...shape)
    for (let i = 0; i < tensor.count; i++) tensor.data[i] = this.random.gauss(0, 0.7)
    return this.leaf(tensor)
  }

  private ids(length: number, limit: number): Ids {
    const ids = this.graph.ids(length, limit)
    const top = this.random.random() < 0.05 ? limit + 2 : limit
    ids.set(Array.from({ length }, () => this.random.randrange(top)))
    return ids
  }

  /** Documents that mostly add up to the rows. */
  private bounds(rows: number): Bounds {
    const { random } = this
    const lengths: number[] = []
    for (let rest = rows; rest > 0; rest -= lengths.at(-1)!)
      lengths.push(1 + random.randrange(rest))
    const span = random.random() < 0.1 ? this.size() : Math.max(...lengths)
    const bounds = this.graph.bounds(rows, lengths.length, span)
    if (random.random() < 0.05) lengths[0]!++
    bounds.set(lengths)
    return bounds
  }

  /** A count of heads that mostly divides. */
  private heads(columns: number): number {
    const all = Array.from({ length: columns }, (_, i) => i + 1).filter((n) => columns % n === 0)
    return this.random.random() < 0.1 ? this.size() : all[this.random.randrange(all.length)]!
  }

  private readonly unary = (
    op: 'relu' | 'relu2' | 'tanh' | 'gelu' | 'rmsnorm' | 'softmax' | 'mean',
  ) => {
    return () => this.graph[op](this.any())
  }

  private readonly ops: Readonly<Record<string, () => Tensor | void>> = {
    relu: this.unary('relu'),
    relu2: this.unary('relu2'),
    tanh: this.unary('tanh'),
    gelu: this.unary('gelu'),
    rmsnorm: this.unary('rmsnorm'),
    softmax: this.unary('softmax'),
    mean: this.unary('mean'),
    scale: () => this.graph.scale(this.any(), this.random.gauss()),
    add: () => this.pair('add'),
    mul: () => this.pair('mul'),
    linear: () => {
      const x = this.any()
      return this.graph.linear(x, this.rows(x.shape.at(-1)!))
    },
    matmul: () => {
      const b = this.any()
      return this.graph.matmul(this.rows(b.shape[0]!), b)
    },
    embedding: () => {
      const table = this.any()
      const odd = this.random.random() < 0.1
      return this.graph.embedding(table, this.ids(this.size(), odd ? this.size() : table.shape[0]!))
    },
    attention: () => {
      const q = this.any()
      const [k, v] = [this.like(q), this.like(q)]
      const odd = this.random.random() < 0.05
      const bounds = this.bounds(odd ? 1 + this.random.randrange(9) : q.shape[0]!)
      return this.graph.attention(q, k, v, bounds, this.heads(q.shape.at(-1)!))
    },
    attentionCached: () => {
      const keys = this.any()
      const n = keys.shape.at(-1)!
      const [q, k, v] = [this.input([1, n]), this.input([1, n]), this.input([1, n])]
      const positions = this.ids(1, this.random.random() < 0.1 ? this.size() : keys.shape[0]!)
      const caches = { keys, values: this.like(keys), positions }
      const y = this.graph.attentionCached(q, k, v, caches, this.heads(n))
      this.inference = true
      return y
    },
    crossEntropy: () => {
      const logits = this.any()
      const rows = this.random.random() < 0.1 ? this.size() : logits.shape[0]!
      const targets = this.ids(rows, logits.shape.at(-1)!)
      const bounds = this.random.random() < 0.5 ? this.bounds(logits.shape[0]!) : undefined
      return this.graph.crossEntropy(logits, targets, bounds)
    },
    reshape: () => {
      const x = this.any()
      return this.graph.reshape(x, ...(this.random.random() < 0.2 ? [this.size()] : [x.count]))
    },
    param: () => this.arena.param(this.random.randrange(50), [this.size(), this.size()]),
    early: () => {
      if (this.graph.records.length > 0) this.graph.backward(this.tensors[0]!)
    },
    one: () => this.graph.forwardOne(this.graph.records.length + this.random.randrange(3)),
  }

  private pair(op: 'add' | 'mul'): Tensor {
    const a = this.any()
    return this.graph[op](a, this.like(a))
  }
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0
