/** The model compared with GPT-2 and GPT-3: parameter counts, and squares with areas to scale. */
import { byId, h } from '../dom.js'
import { GPT2, GPT3, compareToLarge } from '../lib/counts.js'
import { count } from '../text.js'

/** Side of the largest square in pixels. */
const SIDE = 220

export function scaleBars(yours: number): void {
  if (!(yours > 0)) return
  const figures = compareToLarge(yours).map(({ name, parameters, times, side }) => {
    const square = h('span', { className: 'square' })
    square.style.width = `${Math.max(1, SIDE * side)}px`
    square.style.height = square.style.width
    const large = [GPT2, GPT3].find((model) => model.name === name)
    const shape = large
      ? `${count(large.n_embd)} wide, ${large.n_head} heads, ${large.n_layer} layers; microgpt's code counts ${count(large.here)}. ${large.note}`
      : ''
    const ratio = times > 1 ? `, ${count(Math.round(times))} times yours` : ''
    return h(
      'figure',
      {},
      h('span', { className: 'plot' }, square),
      h(
        'figcaption',
        {},
        h('strong', {}, large ? name : 'Your model'),
        h('span', {}, `${count(parameters)} parameters${ratio}`),
        ...(shape === '' ? [] : [h('small', {}, shape)]),
      ),
    )
  })
  const note = 'Areas are to scale; a model below a pixel is drawn as one.'
  byId('scale-bars').replaceChildren(...figures, h('p', { className: 'caption' }, note))
}
