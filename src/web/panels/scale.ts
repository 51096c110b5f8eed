/**
 * The model compared with GPT-2 and GPT-3: parameter counts, and squares inside each other with
 * areas to scale.
 */
import { byId, h } from '../dom.js'
import { GPT2, GPT3, compareToLarge } from '../lib/counts.js'
import { count } from '../text.js'

/** Side of the largest square in pixels. */
const SIDE = 240

export function scaleBars(yours: number): void {
  if (!(yours > 0)) return
  const models = compareToLarge(yours)
  const squares = models.map(({ side }, i) => {
    const square = h('span', { className: `square scale-${i}` })
    square.style.width = `${Math.max(1, SIDE * side)}px`
    square.style.height = square.style.width
    return square
  })
  const lines = models.map(({ name, parameters, times }, i) => {
    const large = [GPT2, GPT3].find((model) => model.name === name)
    const shape = large
      ? `${count(large.n_embd)} wide, ${large.n_head} heads, ${large.n_layer} layers. With these sizes microgpt has ${count(large.here)}. ${large.note}`
      : ''
    const ratio = times > 1 ? `, ${count(Math.round(times))} times yours` : ''
    return h(
      'li',
      { className: `scale-${i}` },
      h('strong', {}, large ? name : 'Your model'),
      h('span', {}, `${count(parameters)} parameters${ratio}`),
      ...(shape === '' ? [] : [h('small', {}, shape)]),
    )
  })
  const plot = h('div', { className: 'plot' }, ...squares.toReversed())
  plot.setAttribute('aria-hidden', 'true')
  const note =
    'Areas are to scale. A model smaller than a pixel is drawn as one pixel, in the lower left ' +
    'corner. The structure is the same: larger models have more and larger matrices.'
  byId('scale-bars').replaceChildren(
    plot,
    h('ol', {}, ...lines),
    h('p', { className: 'caption' }, note),
  )
}
