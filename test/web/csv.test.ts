/** The CSV of the curves: quoting, order, and numbers that read back exactly. */
import { expect, test } from 'vitest'
import { toCsv } from '../../src/web/csv.js'
import { LossLog } from '../../src/web/loss-log.js'

function runOf(name: string, losses: readonly number[], first = 0) {
  const log = new LossLog(first)
  losses.forEach((loss, i) => log.push(loss, 0.01 / (i + 1)))
  return { name, log }
}

test('without runs or steps there is only the header', () => {
  expect(toCsv([])).toBe('run,step,loss,smoothed,lr\n')
  expect(toCsv([runOf('a', [])])).toBe('run,step,loss,smoothed,lr\n')
})

test('there is one line per step, and the runs are in order, each with its own steps', () => {
  expect(toCsv([runOf('now', [0, 0], 7), runOf('before', [2.5])])).toBe(
    'run,step,loss,smoothed,lr\n' +
      '"now",8,0,0,0.01\n' +
      '"now",9,0,0,0.005\n' +
      '"before",1,2.5,2.5,0.01\n',
  )
})

test.each([
  ['tutorial, n_embd 16', '"tutorial, n_embd 16"'],
  ['say "hi"', '"say ""hi"""'],
  ['"', '""""'],
  ['two\nlines', '"two\nlines"'],
  ['two\r\nlines', '"two\r\nlines"'],
  ['', '""'],
])('the name %j is quoted', (name, quoted) => {
  expect(toCsv([runOf(name, [1])])).toBe(`run,step,loss,smoothed,lr\n${quoted},1,1,1,0.01\n`)
})

test('every number has full precision', () => {
  const losses = [Math.PI, 0.1 + 0.2, 5e-324, Number.MAX_VALUE, 1 / 3]
  const { name, log } = runOf('x', losses)
  const lines = toCsv([{ name, log }]).trim().split('\n').slice(1)
  lines.forEach((line, i) => {
    const { step, loss, smoothed, lr } = log.at(i)
    expect(line.split(',').slice(1).map(Number)).toEqual([step, loss, smoothed, lr])
    expect(loss).toBe(losses[i])
  })
})
