/**
 * Possible arrangements of a model's matrices, as nested rows and columns; the layout picks one.
 */
import type { ParameterSpec } from '../../config/parameters.js'

export interface PictureSize {
  width: number
  height: number
}

interface MatrixNode {
  kind: 'matrix'
  spec: ParameterSpec
  /** Number of strips, side by side, that its rows are split into. */
  folds: number
}

interface ListNode {
  kind: 'row' | 'column'
  children: Node[]
  gap: 'gap' | 'blockGap'
  /** 'ends' aligns the last child to the end and the others to the start. */
  align: 'start' | 'middle' | 'ends'
}

interface FrameNode {
  kind: 'frame'
  child: Node
  title: string
}

export type Node = MatrixNode | ListNode | FrameNode

type Gap = ListNode['gap']
const row = (children: Node[], gap: Gap = 'gap', align: ListNode['align'] = 'start'): Node =>
  children.length === 1 ? children[0]! : { kind: 'row', children, gap, align }
const column = (children: Node[], gap: Gap = 'gap', align: ListNode['align'] = 'start'): Node =>
  children.length === 1 ? children[0]! : { kind: 'column', children, gap, align }

/** Useful numbers of strips for a matrix, so that a tall one does not become a thin ribbon. */
function foldsOf(rows: number, columns: number): number[] {
  return [1, 2, 3, 4, 6, 8, 12].filter(
    (folds) => folds === 1 || (rows > 40 && rows / folds >= 2 * columns && rows / folds >= 12),
  )
}

/** The four attention matrices, then the two MLP matrices. */
type Layer = readonly [q: Node, k: Node, v: Node, wo: Node, fc1: Node, fc2: Node]

/** q k v wo above fc2, with the tall fc1 to their right; `under` fills the free corner. */
const compact = ([q, k, v, wo, fc1, fc2]: Layer, under: Node[] = []): Node =>
  row([column([row([q, k, v, wo]), fc2, ...under], 'blockGap'), fc1])

/** The embedding next to q k above v wo; below them fc2 and the output; fc1 to the right. */
const dense = (embedding: Node, [q, k, v, wo, fc1, fc2]: Layer, head: Node): Node => {
  const attention = column([row([q, k]), row([v, wo])])
  const left = column([row([embedding, attention], 'blockGap'), fc2, head], 'blockGap')
  return row([left, fc1])
}

/** From left to right: q k v in a column, wo, fc1, fc2. */
const wide = ([q, k, v, wo, fc1, fc2]: Layer): Node =>
  row([column([q, k, v]), wo, fc1, fc2], 'gap', 'middle')

/** q k above v wo, then fc1, fc2. */
const square = ([q, k, v, wo, fc1, fc2]: Layer): Node =>
  row([column([row([q, k]), row([v, wo])]), fc1, fc2], 'gap', 'middle')

/**
 * All distinct arrangements. Those that suit the shape of the box come first, because a tie takes
 * the first.
 */
export function arrangementsOf(
  table: readonly ParameterSpec[],
  width: number,
  height: number,
): Node[] {
  const specs = new Map(table.map((spec) => [spec.name, spec]))
  const matrix = (name: string, folds = 1): Node => {
    return { kind: 'matrix', spec: specs.get(name)!, folds }
  }
  const layers: Layer[] = []
  for (let i = 0; specs.has(`layer${i}.attn_wq`); i++) {
    const names = ['attn_wq', 'attn_wk', 'attn_wv', 'attn_wo', 'mlp_fc1', 'mlp_fc2']
    layers.push(names.map((name) => matrix(`layer${i}.${name}`)) as unknown as Layer)
  }
  const [vocab, columns] = specs.get('wte')!.shape
  const [block] = specs.get('wpe')!.shape
  const all: Node[] = []
  for (const folds of foldsOf(vocab, columns)) {
    // wpe is folded so that it is about as high as wte.
    const few = foldsOf(block, columns).filter((n) => block / n >= vocab / folds / 2)
    const pair = () => [matrix('wte', folds), matrix('wpe', Math.max(1, ...few))]
    const head = () => matrix('lm_head', folds)
    for (const build of [row, column]) {
      all.push(...aroundLayers(layers, () => build(pair()), head))
    }
  }
  return width > 1.4 * height ? all.toReversed() : all
}

function aroundLayers(layers: Layer[], embedding: () => Node, head: () => Node): Node[] {
  const all: Node[] = []
  if (layers.length === 1) {
    const [layer] = layers as [Layer]
    all.push(column([embedding(), compact(layer, [head()])], 'blockGap'))
    all.push(row([embedding(), compact(layer, [head()])], 'blockGap'))
    all.push(dense(embedding(), layer, head()))
    for (const shape of [compact, square, wide]) {
      all.push(column([embedding(), shape(layer), head()], 'blockGap'))
      // Here fc1 is right of fc2: an arrow from fc2 to the right would seem to come from fc1.
      if (shape === compact) continue
      all.push(row([embedding(), shape(layer), head()], 'blockGap', 'middle'))
    }
    return all
  }
  for (const perRow of distinctRows(layers.length)) {
    for (const shape of [compact, square, wide]) {
      const frames = layers.map<Node>((layer, i) => {
        return { kind: 'frame', child: shape(layer), title: `layer ${i}` }
      })
      const rows: Node[] = []
      for (let i = 0; i < frames.length; i += perRow) {
        rows.push(row(frames.slice(i, i + perRow), 'blockGap'))
      }
      const grid = column(rows, 'blockGap')
      all.push(column([embedding(), grid, head()], 'blockGap'))
      all.push(row([embedding(), grid, head()], 'blockGap', 'ends'))
    }
  }
  return all
}

/** All numbers of layers per row that result in different numbers of rows. */
function distinctRows(layers: number): number[] {
  const perRow = new Set<number>()
  for (let rows = 1; rows <= layers; rows++) perRow.add(Math.ceil(layers / rows))
  return [...perRow]
}
