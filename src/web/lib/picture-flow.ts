/** The arrows of the picture: how the data flows from matrix to matrix. */
import type { Box, PictureLayout, PlacedMatrix } from './picture-layout.js'

/** Pixels between the end of a line and a box. */
const AIR = 3

type Point = readonly [x: number, y: number]

export interface Flow {
  /** Lines with an arrow head at their end. */
  arrows: Point[][]
  /** The plus sign where wte and wpe are added. */
  plus: Point | null
}

const right = (box: Box) => box.x + box.width
const bottom = (box: Box) => box.y + box.height

function union(boxes: readonly Box[]): Box {
  const x = Math.min(...boxes.map((box) => box.x))
  const y = Math.min(...boxes.map((box) => box.y))
  const width = Math.max(...boxes.map(right)) - x
  return { x, y, width, height: Math.max(...boxes.map(bottom)) - y }
}

/** The box of the cells and of the label above them. */
export function outerBox({ cells, label }: PlacedMatrix, layout: PictureLayout): Box {
  const above = label.length * layout.lineHeight
  return { ...cells, y: cells.y - above, height: cells.height + above }
}

/** The middle of the overlap of two ranges, or null without overlap. */
function shared(a: number, aEnd: number, b: number, bEnd: number): number | null {
  const [from, to] = [Math.max(a, b), Math.min(aEnd, bEnd)]
  return to > from ? (from + to) / 2 : null
}

/**
 * A line from one box to another: straight where they face each other, otherwise with corners.
 * @param wraps whether the line may lead to the next row of boxes, which it enters from above
 */
export function connect(from: Box, to: Box, wraps = false): Point[] {
  const across = shared(from.x, right(from), to.x, right(to))
  const along = shared(from.y, bottom(from), to.y, bottom(to))
  if (along !== null && to.x >= right(from))
    return [
      [right(from) + AIR, along],
      [to.x - AIR, along],
    ]
  if (along !== null && right(to) <= from.x)
    return [
      [from.x - AIR, along],
      [right(to) + AIR, along],
    ]
  const down = to.y >= bottom(from)
  if (across !== null && down)
    return [
      [across, bottom(from) + AIR],
      [across, to.y - AIR],
    ]
  const [x, y] = [from.x + from.width / 2, bottom(from) + AIR]
  const end = to.y + to.height / 2
  if (down && !wraps && right(to) <= from.x) {
    return [
      [x, y],
      [x, end],
      [right(to) + AIR, end],
    ]
  }
  const target = to.x + to.width / 2
  const turn = (bottom(from) + to.y) / 2
  if (down)
    return [
      [x, y],
      [x, turn],
      [target, turn],
      [target, to.y - AIR],
    ]
  const middle = (right(from) + to.x) / 2
  const start = from.y + from.height / 2
  return [
    [right(from) + AIR, start],
    [middle, start],
    [middle, end],
    [to.x - AIR, end],
  ]
}

/**
 * Lines from a box to q, k and v, which are in a row, in a column, or in a square: k right of q, v
 * below q.
 */
function fan(from: Box, to: readonly PlacedMatrix[], layout: PictureLayout): Point[][] {
  const outer = union(to.map((matrix) => outerBox(matrix, layout)))
  if (outer.y >= bottom(from)) {
    const start = shared(from.x, right(from), outer.x, right(outer)) ?? from.x + from.width / 2
    const turn = bottom(from) + (outer.y - bottom(from)) * 0.4
    return to.map((matrix) => {
      const { x, y, width } = outerBox(matrix, layout)
      const middle = x + width / 2
      return [
        [start, bottom(from) + AIR],
        [start, turn],
        [middle, turn],
        [middle, y - 1],
      ]
    })
  }
  const turn = right(from) + (outer.x - right(from)) * 0.4
  const start = from.y + from.height / 2
  const first = to[0]!.cells
  return to.map(({ cells }) => {
    const middle = cells.y + cells.height / 2
    // A matrix that is not the first in its row is reached from below.
    if (cells.x === first.x) {
      return [
        [right(from) + AIR, start],
        [turn, start],
        [turn, middle],
        [cells.x - AIR, middle],
      ]
    }
    const [x, under] = [cells.x + cells.width / 2, bottom(cells) + 9]
    return [
      [right(from) + AIR, start],
      [turn, start],
      [turn, under],
      [x, under],
      [x, bottom(cells) + 1],
    ]
  })
}

export function flowOf(layout: PictureLayout): Flow {
  const { matrices, frames, labels } = layout
  const find = (name: string) => matrices.find((matrix) => matrix.name === name)!
  const [wte, wpe] = [find('wte'), find('wpe')]
  const head = find('lm_head')
  const around = (matrix: PlacedMatrix) => outerBox(matrix, layout)
  const embedding = union([around(wte), around(wpe)])
  const plus: Point =
    wpe.cells.x >= right(wte.cells)
      ? [
          (right(wte.cells) + wpe.cells.x) / 2,
          wpe.cells.y + Math.min(wpe.cells.height, wte.cells.height) / 2,
        ]
      : [wte.cells.x + wte.cells.width / 2, (bottom(wte.cells) + around(wpe).y) / 2]
  const layers = Math.max(...matrices.map(({ layer }) => layer)) + 1
  const arrows: Point[][] = []
  const inside = (i: number) => {
    const of = (name: string) => find(`layer${i}.${name}`)
    const [v, wo, fc1, fc2] = ['attn_wv', 'attn_wo', 'mlp_fc1', 'mlp_fc2'].map(of) as [
      PlacedMatrix,
      PlacedMatrix,
      PlacedMatrix,
      PlacedMatrix,
    ]
    arrows.push(connect(v.cells, wo.cells), connect(wo.cells, fc1.cells))
    arrows.push(connect(fc1.cells, fc2.cells))
  }
  if (frames.length === 0) {
    const attention = ['attn_wq', 'attn_wk', 'attn_wv'].map((name) => find(`layer0.${name}`))
    // If wte and wpe are side by side, the arrows start at the right of wpe.
    const sideways =
      wpe.cells.x >= right(wte.cells) && outerBox(attention[0]!, layout).y < bottom(embedding)
    arrows.push(...fan(sideways ? wpe.cells : embedding, attention, layout))
    if (labels !== 'none') inside(0)
    const fc2 = find('layer0.mlp_fc2').cells
    const under = around(head).y >= bottom(fc2)
    arrows.push(connect(fc2, under ? around(head) : head.cells))
  } else {
    const chain: Box[] = [embedding, ...frames, around(head)]
    for (let i = 1; i < chain.length; i++) arrows.push(connect(chain[i - 1]!, chain[i]!, true))
    if (labels !== 'none') for (let i = 0; i < layers; i++) inside(i)
  }
  return { arrows, plus: labels === 'none' ? null : plus }
}
