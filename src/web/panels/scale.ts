/** GPT-2 and GPT-3 beside the model here: the same structure, counted. */
import { resolveConfig } from '../../config/config.js'
import { gptTable } from '../../config/parameters.js'
import { byId, h } from '../dom.js'
import { count } from '../text.js'

/** Parameters of this architecture: no biases, and wte apart from lm_head. */
export function countHere(shape: {
  n_embd: number
  n_head: number
  n_layer: number
  block_size: number
  vocabSize: number
}): number {
  const { vocabSize, ...config } = shape
  const table = gptTable(resolveConfig('tutorial', config), vocabSize)
  return table.reduce((sum, { shape: [rows, columns] }) => sum + rows * columns, 0)
}

const GPT2 = { n_embd: 768, n_head: 12, n_layer: 12, block_size: 1024, vocabSize: 50257 }
const GPT3 = { n_embd: 12288, n_head: 96, n_layer: 96, block_size: 2048, vocabSize: 50257 }
/** As published: GPT-2 shares wte with lm_head and has biases and layer norms. */
const OWN = { gpt2: 124_439_808, gpt3: 175e9 }

/** Areas to scale: a side is the square root of the count. */
export function scaleBars(yours: number): void {
  if (!(yours > 0)) return
  const rows = [
    { name: 'Yours', n: yours, note: '' },
    {
      name: 'GPT-2 (768 wide, 12 heads, 12 layers)',
      n: OWN.gpt2,
      note: `this architecture counts ${count(countHere(GPT2))}, because lm_head is apart`,
    },
    {
      name: 'GPT-3 (12,288 wide, 96 heads, 96 layers)',
      n: OWN.gpt3,
      note: `this architecture counts ${count(countHere(GPT3))}`,
    },
  ]
  byId('scale-bars').replaceChildren(
    ...rows.map(({ name, n, note }) => {
      const square = h('span', { className: 'square' })
      const side = 220 * Math.sqrt(n / OWN.gpt3)
      square.style.width = `${Math.max(1, side)}px`
      square.style.height = `${Math.max(1, side)}px`
      const times = n === yours ? '' : `, ${count(Math.round(n / yours))} times yours`
      const text = `${count(n)} parameters${times}`
      const small = note === '' ? [] : [h('small', {}, note)]
      return h(
        'figure',
        {},
        h('span', { className: 'plot' }, square),
        h('figcaption', {}, h('strong', {}, name), h('span', {}, text), ...small),
      )
    }),
    h(
      'p',
      { className: 'caption' },
      'Areas to scale. At this scale yours is smaller than the dot that is drawn.',
    ),
  )
}
