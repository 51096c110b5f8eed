/** The tape of one step, one op per row, with forward and backward times if they were measured. */
import { byId, fillTable, h, say } from '../dom.js'
import type { TapeRow } from '../page-api.js'

const us = (nanoseconds: number) => `${(nanoseconds / 1000).toFixed(2)} µs`

export function showTape(tape: readonly TapeRow[]): void {
  const times = tape.flatMap(({ forward, backward }) => [forward ?? 0, backward ?? 0])
  const slowest = Math.max(...times)
  const bar = (nanoseconds: number | null, kind: string) => {
    if (nanoseconds === null) return '-'
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
  const total = (way: 'forward' | 'backward') => tape.reduce((sum, row) => sum + (row[way] ?? 0), 0)
  const about = `${tape.length} ops for this word. Forward goes down the list, backward up.`
  const sums = `In all ${us(total('forward'))} forward, ${us(total('backward'))} backward: many runs of each op, warm.`
  say(byId('tape-about'), slowest > 0 ? `${about} ${sums}` : about)
  fillTable(byId('tape'), ['#', 'op', 'inputs', 'output', 'forward', 'backward'], rows)
}
