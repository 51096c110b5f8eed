/**
 * Where each matrix of the state_dict is drawn: all at one scale, in the order of the data flow.
 * Several arrangements are tried; the one with the largest cells that fits the box is used.
 */
import type { ParameterSpec } from '../../config/parameters.js'
import { type Node, type PictureSize, arrangementsOf } from './picture-arrangements.js'

/** The label above a matrix: name and shape, a short name, or nothing. */
export type Labels = 'full' | 'short' | 'none'

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** Consecutive rows of a matrix; a tall matrix is split into several strips side by side. */
export interface Strip extends Box {
  firstRow: number
  rows: number
}

export interface PlacedMatrix {
  name: string
  /** The number of the layer, or -1. */
  layer: number
  rows: number
  columns: number
  /** Index of its first number in the flat list. */
  offset: number
  strips: Strip[]
  /** The box around all strips, without the label. */
  cells: Box
  /** Lines written above the cells, at cells.x. */
  label: string[]
}

export interface Frame extends Box {
  title: string
}

/** All lengths in CSS pixels. */
export interface PictureLayout {
  width: number
  height: number
  /** Side of a cell; below 1, several numbers share a pixel. */
  cell: number
  pixelRatio: number
  labels: Labels
  lineHeight: number
  /** In the order the data flows. */
  matrices: PlacedMatrix[]
  /** One per layer, when there are several. */
  frames: Frame[]
  numParams: number
}

export interface LayoutOptions {
  width: number
  height: number
  /** Device pixels per CSS pixel; default 1. */
  pixelRatio?: number
}

const MAX_CELL = 26
/** Free space around the picture, so that the frame of a marked cell is not cut off. */
const MARGIN = 6
/**
 * Cells of at least this many device pixels are rounded down to whole pixels, which looks best. For
 * smaller cells that would cost too much space.
 */
const SNAP_FROM = 3
/** The value of each kind of label, as a factor on the size of a cell. */
const WORTH: Record<Labels, number> = { full: 1, short: 0.72, none: 0.5 }

export interface Metrics {
  cell: number
  labels: Labels
  /** Between matrices. */
  gap: number
  /** Between embedding, layers and output. */
  blockGap: number
  /** Inside a frame. */
  padding: number
  lineHeight: number
  charWidth: number
  stripGap: number
}

const METRICS: Record<Labels, Omit<Metrics, 'cell' | 'labels'>> = {
  full: { gap: 20, blockGap: 34, padding: 12, lineHeight: 14, charWidth: 6.7, stripGap: 4 },
  short: { gap: 14, blockGap: 24, padding: 8, lineHeight: 12, charWidth: 6.1, stripGap: 3 },
  none: { gap: 5, blockGap: 16, padding: 5, lineHeight: 0, charWidth: 0, stripGap: 2 },
}

/** 'layer0.attn_wq' becomes 'attn_wq'. */
export const bareName = (name: string) => name.replace(/^layer\d+\./, '')
const layerOf = (name: string) => Number(/^layer(\d+)\./.exec(name)?.[1] ?? -1)
const shortName = (name: string) => bareName(name).replace(/^(attn_|mlp_)/, '')

/** The label of a matrix, line by line. */
function labelOf({ name, shape }: ParameterSpec, labels: Labels): string[] {
  if (labels === 'none') return []
  return labels === 'short' ? [shortName(name)] : [bareName(name), `${shape[0]} × ${shape[1]}`]
}

/** The size of the cells of a matrix whose rows are split into `folds` strips. */
function cellsSize(
  { shape: [rows, columns] }: ParameterSpec,
  folds: number,
  m: Metrics,
): PictureSize {
  const perStrip = Math.ceil(rows / folds)
  const width = folds * columns * m.cell + (folds - 1) * m.stripGap
  return { width, height: perStrip * m.cell }
}

export function sizeOf(node: Node, m: Metrics): PictureSize {
  if (node.kind === 'matrix') {
    const { width, height } = cellsSize(node.spec, node.folds, m)
    const label = labelOf(node.spec, m.labels)
    const text = Math.max(0, ...label.map((line) => line.length)) * m.charWidth
    return { width: Math.max(width, text), height: height + label.length * m.lineHeight }
  }
  if (node.kind === 'frame') {
    const { width, height } = sizeOf(node.child, m)
    return { width: width + 2 * m.padding, height: height + 2 * m.padding + titleHeight(m) }
  }
  const gap = m[node.gap] * (node.children.length - 1)
  let along = gap
  let across = 0
  for (const child of node.children) {
    const { width, height } = sizeOf(child, m)
    along += node.kind === 'row' ? width : height
    across = Math.max(across, node.kind === 'row' ? height : width)
  }
  return node.kind === 'row' ? { width: along, height: across } : { width: across, height: along }
}

/** The height of a frame's title; less where nothing else is labeled. */
const titleHeight = (m: Metrics) => (m.labels === 'none' ? 10 : m.lineHeight + 4)

/** The largest cell size at which the node fits, or 0. */
function largestCell(node: Node, labels: Labels, box: PictureSize): number {
  const fits = (cell: number) => {
    const { width, height } = sizeOf(node, { ...METRICS[labels], labels, cell })
    return width <= box.width && height <= box.height
  }
  if (!fits(0)) return 0
  if (fits(MAX_CELL)) return MAX_CELL
  let [low, high] = [0, MAX_CELL]
  for (let i = 0; i < 16; i++) {
    const middle = (low + high) / 2
    if (fits(middle)) low = middle
    else high = middle
  }
  return low
}

/**
 * The layout of the matrices of a model in a box.
 * @param table from gptTable, in state_dict order
 */
export function layoutPicture(
  table: readonly ParameterSpec[],
  { width, height, pixelRatio = 1 }: LayoutOptions,
): PictureLayout {
  const box = { width: Math.max(1, width - 2 * MARGIN), height: Math.max(1, height - 2 * MARGIN) }
  let best: { node: Node; labels: Labels; cell: number } | null = null
  let score = 0
  for (const node of arrangementsOf(table, width, height)) {
    for (const labels of ['full', 'short', 'none'] as const) {
      const cell = largestCell(node, labels, box)
      // A tie goes to the earlier arrangement.
      if (cell * WORTH[labels] > score * 1.001) {
        score = cell * WORTH[labels]
        best = { node, labels, cell }
      }
    }
  }
  // If nothing fits the box, tiny cells show all matrices anyway.
  best ??= { node: arrangementsOf(table, width, height)[0]!, labels: 'none', cell: 1 / 64 }
  const cell = snap(best.cell, pixelRatio)
  const { labels, node } = best
  const m: Metrics = { ...METRICS[labels], labels, cell }
  const placed = new Placement(table, m, pixelRatio)
  const size = sizeOf(node, m)
  placed.place(node, Math.max(0, (width - size.width) / 2), Math.max(0, (height - size.height) / 2))
  const { frames, numParams } = placed
  // The data flows in state_dict order, except that lm_head comes last.
  const place = ({ name, offset }: PlacedMatrix) => (name === 'lm_head' ? numParams : offset)
  const matrices = placed.matrices.sort((a, b) => place(a) - place(b))
  const { lineHeight } = m
  return { width, height, cell, pixelRatio, labels, lineHeight, matrices, frames, numParams }
}

function snap(cell: number, ratio: number): number {
  return cell * ratio >= SNAP_FROM ? Math.floor(cell * ratio) / ratio : cell
}

class Placement {
  readonly matrices: PlacedMatrix[] = []
  readonly frames: Frame[] = []
  readonly offsets = new Map<string, number>()
  numParams = 0
  private readonly m: Metrics
  private readonly ratio: number

  constructor(table: readonly ParameterSpec[], m: Metrics, ratio: number) {
    this.m = m
    this.ratio = ratio
    for (const { name, shape } of table) {
      this.offsets.set(name, this.numParams)
      this.numParams += shape[0] * shape[1]
    }
  }

  place(node: Node, x: number, y: number): void {
    const { m } = this
    if (node.kind === 'matrix') return this.placeMatrix(node.spec, node.folds, x, y)
    const size = sizeOf(node, m)
    if (node.kind === 'frame') {
      this.frames.push({ x, y, ...size, title: node.title })
      return this.place(node.child, x + m.padding, y + m.padding + titleHeight(m))
    }
    for (const child of node.children) {
      const { width, height } = sizeOf(child, m)
      const slack = node.kind === 'row' ? size.height - height : size.width - width
      const atEnd = node.align === 'ends' && child === node.children.at(-1)
      const shift = atEnd ? slack : node.align === 'middle' ? slack / 2 : 0
      this.place(child, node.kind === 'row' ? x : x + shift, node.kind === 'row' ? y + shift : y)
      if (node.kind === 'row') x += width + m[node.gap]
      else y += height + m[node.gap]
    }
  }

  private placeMatrix(spec: ParameterSpec, folds: number, left: number, top: number): void {
    const { m, ratio } = this
    const { name, shape } = spec
    const [rows, columns] = shape
    const label = labelOf(spec, m.labels)
    const onPixel = (length: number) => Math.round(length * ratio) / ratio
    const atLeastOne = (length: number) => Math.max(1 / ratio, onPixel(length))
    const x = onPixel(left)
    const y = onPixel(top + label.length * m.lineHeight)
    const perStrip = Math.ceil(rows / folds)
    const strips: Strip[] = []
    for (let firstRow = 0; firstRow < rows; firstRow += perStrip) {
      const count = Math.min(perStrip, rows - firstRow)
      const shift = strips.length * (columns * m.cell + m.stripGap)
      const width = atLeastOne(columns * m.cell)
      const height = atLeastOne(count * m.cell)
      strips.push({ x: onPixel(x + shift), y, width, height, firstRow, rows: count })
    }
    const last = strips.at(-1)!
    const cells = { x, y, width: last.x + last.width - x, height: strips[0]!.height }
    const offset = this.offsets.get(name)!
    this.matrices.push({ name, layer: layerOf(name), rows, columns, offset, strips, cells, label })
  }
}
