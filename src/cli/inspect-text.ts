/** An inspection as text: two tables, and whether the model fits. */
import { formatBytes } from '../engine/plan.js'
import type { Inspection } from './inspection.js'
import { type Column, textTable } from './table.js'

/** The parts of the arena, in order, and what they are for. */
const PARTS = {
  params: 'the numbers of the table above',
  gradients: 'of parameters and values',
  adam: 'two moments of each parameter',
  values: 'activations, key/value cache, token ids',
  scratch: 'what an operation needs while it runs',
  tape: 'the operations recorded',
  total: '',
} as const

const grouped = (count: number) => count.toLocaleString('en-US')

/** A number with five decimals, or with an exponent if it is too small for them. */
const small = (x: number) => (x !== 0 && Math.abs(x) < 1e-4 ? x.toExponential(1) : x.toFixed(5))

/** @param width most columns per line */
export function inspectionText(inspection: Inspection, width: number): string {
  const { preset, config, vocabSize } = inspection
  const { n_embd, n_head, n_layer, block_size } = config
  const sizes = { n_embd, n_head, n_layer, block_size, vocab_size: vocabSize }
  const listed = Object.entries(sizes).map(([name, size]) => `${name} ${size}`)
  return [
    `preset ${preset}: ${listed.join(', ')}\n${dataLine(inspection)}`,
    parameterTable(inspection, width),
    memoryTable(inspection, width),
    `${verdict(inspection)}\n`,
  ].join('\n')
}

function dataLine({ numDocs, numCut, numChars, numVal }: Inspection): string {
  const held = numVal ? `, ${grouped(numVal)} of them held out` : ''
  if (numChars !== undefined) return `text of ${grouped(numChars)} characters${held}\n`
  const cut = numCut ? `, ${grouped(numCut)} of them cut to block_size` : ''
  return numDocs === undefined ? '' : `documents ${grouped(numDocs)}${cut}${held}\n`
}

function parameterTable({ parameters, numParams }: Inspection, width: number): string {
  const measured = parameters[0]?.mean !== undefined
  const numbers: Column[] = [
    { title: 'mean', align: 'right' },
    { title: 'std', align: 'right' },
  ]
  const columns: Column[] = [
    { title: 'name' },
    { title: 'shape', align: 'right' },
    { title: 'count', align: 'right' },
    ...(measured ? numbers : []),
    { title: 'purpose' },
  ]
  const rows = parameters.map(({ name, shape, count, purpose, mean = 0, std = 0 }) => {
    const spread = measured ? [small(mean), small(std)] : []
    return [name, `[${shape.join(', ')}]`, grouped(count), ...spread, purpose]
  })
  const total = ['total', '', grouped(numParams), ...(measured ? ['', ''] : []), '']
  return textTable(columns, [...rows, total], width)
}

function memoryTable({ memory }: Inspection, width: number): string {
  const columns: Column[] = [
    { title: 'memory' },
    { title: 'bytes', align: 'right' },
    { title: '', align: 'right' },
    { title: '' },
  ]
  const rows = (Object.keys(PARTS) as (keyof typeof PARTS)[]).map((part) => {
    return [part, grouped(memory[part]), formatBytes(memory[part]), PARTS[part]]
  })
  return textTable(columns, rows, width)
}

function verdict({ fits, memory, limit, parameters }: Inspection): string {
  const [need, most] = [formatBytes(memory.total), formatBytes(limit)]
  if (!fits) {
    return `It does not fit: it needs ${need}, and WebAssembly has ${most}; make the model smaller.`
  }
  const made = parameters[0]?.mean !== undefined ? '' : ' Nothing was allocated.'
  return `It fits: it needs ${need} of the ${most} that WebAssembly has.${made}`
}
