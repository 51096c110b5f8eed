/** Parameter counts: as formulas, by component, and compared with larger models. */
import { type Config, resolveConfig } from '../../config/config.js'
import { type ParameterSpec, countParams, gptTable } from '../../config/parameters.js'
import { count } from '../text.js'
import { bareName } from './picture-layout.js'

type Sizes = Pick<Config, 'n_embd' | 'block_size'>

/** Rows and columns of each kind of matrix, in terms of the configuration. */
const FORMULAS: Readonly<Record<string, readonly [rows: string, columns: string]>> = {
  wte: ['vocab_size', 'n_embd'],
  wpe: ['block_size', 'n_embd'],
  lm_head: ['vocab_size', 'n_embd'],
  attn_wq: ['n_embd', 'n_embd'],
  attn_wk: ['n_embd', 'n_embd'],
  attn_wv: ['n_embd', 'n_embd'],
  attn_wo: ['n_embd', 'n_embd'],
  mlp_fc1: ['4 n_embd', 'n_embd'],
  mlp_fc2: ['n_embd', '4 n_embd'],
}

/** 'vocab_size × n_embd = 27 × 16 = 432' */
export function shapeFormula({
  name,
  shape: [rows, columns],
}: Pick<ParameterSpec, 'name' | 'shape'>): string {
  const terms = FORMULAS[bareName(name)]
  const numbers = `${count(rows)} × ${count(columns)} = ${count(rows * columns)}`
  return terms ? `${terms.join(' × ')} = ${numbers}` : numbers
}

export interface ComponentCount {
  component: 'token embedding' | 'position embedding' | 'attention' | 'MLP' | 'output'
  count: number
  /** 0 to 1. */
  share: number
  /** How the count is computed: '4 × n_embd × n_embd = 4 × 16 × 16'. */
  formula: string
}

/** The parameters of each component, in the order the data flows. */
export function countByComponent(config: Readonly<Config>, vocabSize: number): ComponentCount[] {
  const { n_layer } = config
  const table = gptTable(config as Config, vocabSize)
  const total = countParams(table)
  const per = n_layer === 1 ? '' : 'n_layer × '
  const layers = n_layer === 1 ? '' : `${n_layer} × `
  const { n_embd: n, block_size } = config as Sizes
  const parts = [
    ['token embedding', /^wte$/, `vocab_size × n_embd = ${vocabSize} × ${n}`],
    ['position embedding', /^wpe$/, `block_size × n_embd = ${block_size} × ${n}`],
    ['attention', /\.attn_/, `${per}4 × n_embd × n_embd = ${layers}4 × ${n} × ${n}`],
    ['MLP', /\.mlp_/, `${per}2 × 4 n_embd × n_embd = ${layers}2 × ${4 * n} × ${n}`],
    ['output', /^lm_head$/, `vocab_size × n_embd = ${vocabSize} × ${n}`],
  ] as const
  return parts.map(([component, names, formula]) => {
    const number = countParams(table.filter(({ name }) => names.test(name)))
    return { component, count: number, share: number / total, formula }
  })
}

/** '432 + 128 + 432 + 1,024 + 1,024 + 1,024 = 4,064': every matrix, in state_dict order. */
export function sumText(config: Readonly<Config>, vocabSize: number): string {
  const table = gptTable(config as Config, vocabSize)
  return `${table.map(({ shape }) => count(shape[0] * shape[1])).join(' + ')} = ${count(countParams(table))}`
}

/** 'n_embd / n_head = 16 / 4 = 4' */
export function headDimFormula({ n_embd, n_head }: Pick<Config, 'n_embd' | 'n_head'>): string {
  return `n_embd / n_head = ${n_embd} / ${n_head} = ${n_embd / n_head}`
}

export interface LargeModel {
  name: string
  n_embd: number
  n_head: number
  n_layer: number
  block_size: number
  vocab_size: number
  /** As published. */
  parameters: number
  /** The parameters of microgpt's architecture with these sizes. */
  here: number
  /** Why the two differ. */
  note: string
}

function large(sizes: Omit<LargeModel, 'here'>): LargeModel {
  const { n_embd, n_head, n_layer, block_size, vocab_size } = sizes
  const config = resolveConfig('tutorial', { n_embd, n_head, n_layer, block_size })
  return { ...sizes, here: countParams(gptTable(config, vocab_size)) }
}

export const GPT2 = large({
  name: 'GPT-2',
  n_embd: 768,
  n_head: 12,
  n_layer: 12,
  block_size: 1024,
  vocab_size: 50257,
  parameters: 124_439_808,
  note: 'GPT-2 uses one matrix as both wte and lm_head, and has biases and layer norms with parameters.',
})

export const GPT3 = large({
  name: 'GPT-3 175B',
  n_embd: 12288,
  n_head: 96,
  n_layer: 96,
  block_size: 2048,
  vocab_size: 50257,
  parameters: 175_000_000_000,
  note: '175 billion is the rounded figure of the GPT-3 paper, which gives no exact one.',
})

export interface Comparison {
  name: string
  parameters: number
  /** Ratio to the parameters of the current model. */
  times: number
  /** Side of its square, if the largest model's square has side 1. */
  side: number
}

/** The current model, GPT-2 and GPT-3 as squares with areas to scale. */
export function compareToLarge(numParams: number): Comparison[] {
  const models = [{ name: 'this model', parameters: numParams }, GPT2, GPT3]
  const largest = Math.max(...models.map(({ parameters }) => parameters))
  return models.map(({ name, parameters }) => ({
    name,
    parameters,
    times: parameters / numParams,
    side: Math.sqrt(parameters / largest),
  }))
}
