/** The output on a terminal, at any width. */
import { describe, expect, test } from 'vitest'
import { nearest } from '../../src/cli/nearest.js'
import { Progress, secondsText } from '../../src/cli/progress.js'
import { textReport } from '../../src/cli/report-text.js'
import { textTable } from '../../src/cli/table.js'

/** A report on a terminal. look() returns the output since the last call. */
function terminal(width: number, total: number, logEvery?: number) {
  let sent = ''
  const report = textReport(
    { live: true, width, dim: (text) => text, write: (text) => (sent += text) },
    total,
    logEvery,
  )
  const look = () => {
    const text = sent
    sent = ''
    return text
  }
  report.start({ numDocs: 3, vocabSize: 5, numParams: 9 } as never)
  look()
  return { report, look, began: performance.now() }
}

const CLEAR = '\r\x1b[K'
const step = (n: number) => ({ step: n, loss: 2, lr: 0.01 })

describe('the progress line', () => {
  test('shows all parts at 80 columns', () => {
    const { report, look, began } = terminal(80, 100)
    report.step(step(1))
    expect(look()).toBe('')
    report.pause(began + 2000)
    expect(look().slice(CLEAR.length)).toMatch(
      /^step {4}1 \/ {2}100 \| loss 2\.0000 \| smoothed 2\.0000 \| 0\.5\/s \| 3m1[89]s left$/,
    )
  })

  test.each([80, 60, 40, 20, 5])('leaves the last of %i columns free', (width) => {
    const { report, look, began } = terminal(width, 100)
    report.step(step(1))
    report.pause(began + 2000)
    const line = look().slice(CLEAR.length)
    expect(line.length).toBeGreaterThan(0)
    expect(line.length).toBeLessThan(width)
  })

  test('is drawn at most 20 times per second', () => {
    const { report, look, began } = terminal(80, 1000)
    let drawn = 0
    for (let ms = 0; ms < 1000; ms += 16) {
      report.step(step(1 + ms))
      report.pause(began + ms)
      drawn += look() === '' ? 0 : 1
    }
    expect(drawn).toBeGreaterThan(10)
    expect(drawn).toBeLessThanOrEqual(20)
  })

  test('stays at the end, below the plain lines', () => {
    const { report, look, began } = terminal(80, 4, 2)
    for (const n of [1, 2, 3, 4]) report.step(step(n))
    report.trained(began + 1000)
    report.sample(1, 'kalia\x1b')
    const [a, b, last, sample] = look().split('\n')
    expect(a).toBe(`${CLEAR}step    1 /    4 | loss 2.0000`)
    expect(b).toBe(`${CLEAR}step    2 /    4 | loss 2.0000`)
    expect(last).toMatch(/step {4}4 \/ {4}4 \| loss 2\.0000 \| smoothed 2\.0000 \| \d\.\d\/s$/)
    expect(sample).toBe('sample  1: kalia\\x1b')
  })
})

describe('validation, and samples of text mode', () => {
  test('the last validation loss is shown until the next', () => {
    const { report, look, began } = terminal(120, 100)
    report.step({ ...step(1), valLoss: 3 })
    report.step(step(2))
    report.pause(began + 2000)
    expect(look()).toContain('step    2 /  100 | loss 2.0000 | val 3.0000 | smoothed 2.0000 | ')
    report.step({ ...step(3), valLoss: 2.5 })
    report.pause(began + 4000)
    expect(look()).toContain('step    3 /  100 | loss 2.0000 | val 2.5000 | smoothed')
  })

  test('a sample keeps line feeds and tabs, and other control characters are escaped', () => {
    const { report, look } = terminal(80, 4)
    report.start({ mode: 'text', numChars: 9, vocabSize: 5, numParams: 9 } as never)
    expect(look()).toBe('num chars: 9\nvocab size: 5\nnum params: 9\n')
    report.sample(1, 'to\n\tbe\r\x1b\x7f\x9b')
    expect(look()).toBe('sample  1:\nto\n\tbe\\x0d\\x1b\\x7f\\x9b\n')
    report.end({ steps: 2, seconds: 1, valLoss: 2.25 })
    expect(look()).toBe('2 steps in 1.000 s, 500000.0 µs/step, validation included; val 2.2500\n')
    report.end({ steps: 0, seconds: 0 })
    expect(look()).toMatch(/^0 steps in 0\.000 s$/m)
  })
})

test('the smoothed loss starts at the first loss and follows a change', () => {
  const progress = new Progress(100, 0)
  progress.add({ step: 1, loss: 3, lr: 0 })
  expect(progress.smoothed).toBeCloseTo(3, 12)
  for (let n = 2; n <= 200; n++) progress.add({ step: n, loss: 1, lr: 0 })
  expect(progress.smoothed).toBeCloseTo(1, 3)
})

test('the pace and the time left are of the steps of this run, not of those before it', () => {
  const progress = new Progress(200, 1000)
  for (const n of [101, 102, 103, 104]) progress.add(step(n))
  expect(progress.line(3000, 200)).toContain(' | 2.0/s | 48s left')
})

test.each([
  [0.2, '1s'],
  [59, '59s'],
  [61, '1m01s'],
  [3599.5, '1h00m'],
  [7380, '2h03m'],
])('%d seconds are shown as %s', (seconds, text) => {
  expect(secondsText(seconds)).toBe(text)
})

test.each([
  ['stpes', 'steps'],
  ['n-emb', 'n-embd'],
  ['Seed', 'seed'],
  ['batch-size', undefined],
])('the nearest name to %s is %s', (name, want) => {
  expect(nearest(name, ['steps', 'n-embd', 'seed', 'samples'])).toBe(want)
})

test('a line cut from a table ends with an ellipsis', () => {
  const columns = [{ title: 'a' }, { title: 'n', align: 'right' as const }, { title: 'b' }]
  const rows = [
    ['one', '1', 'first of all'],
    ['three', '10', ''],
  ]
  expect(textTable(columns, rows, 15)).toBe('a       n  b\none     1  fir…\nthree  10\n')
})

test.each([
  [9, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  [29, [1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 29]],
])(
  'without a terminal, %i steps print a line at a tenth of them, first and last',
  (total, want) => {
    let sent = ''
    const write = (text: string) => void (sent += text)
    const out = { live: false, width: Infinity, dim: (text: string) => text, write }
    const report = textReport(out, total, undefined)
    for (let n = 1; n <= total; n++) report.step(step(n))
    expect(Array.from(sent.matchAll(/^step +(\d+) /gm), ([, n]) => Number(n))).toEqual(want)
  },
)
