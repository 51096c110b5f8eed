/** Look inside: the tape of one step, an op a row, with the time that each way takes. */
import { byId, fillTable, h, say } from '../dom.js'
import type { TapeRow } from '../messages.js'

const us = (nanoseconds: number) => `${(nanoseconds / 1000).toFixed(2)} us`

export function showTape(tape: readonly TapeRow[]): void {
  const slowest = Math.max(...tape.flatMap(({ forward, backward }) => [forward, backward]))
  const bar = (nanoseconds: number, kind: string) => {
    const fill = h('span', { className: `fill ${kind}` })
    fill.style.width = `${(100 * nanoseconds) / slowest}%`
    return h(
      'span',
      { className: 'timed' },
      h('span', { className: 'track' }, fill),
      us(nanoseconds),
    )
  }
  const rows = tape.map(({ op, inputs, output, forward, backward }, i) => [
    String(i),
    op,
    inputs.join(', '),
    output,
    bar(forward, 'forward'),
    bar(backward, 'backward'),
  ])
  const total = (way: 'forward' | 'backward') => tape.reduce((sum, row) => sum + row[way], 0)
  const sums = `${us(total('forward'))} forward, ${us(total('backward'))} backward`
  const about = `${tape.length} ops for this word. Forward goes down the list, backward up. `
  say(byId('tape-about'), `${about}In all ${sums}: many runs of each op, warm.`)
  fillTable(byId('tape'), ['#', 'op', 'inputs', 'output', 'forward', 'backward'], rows)
}
