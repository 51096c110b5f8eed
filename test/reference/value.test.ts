import { expect, test } from 'vitest'
import { Value, sum } from '../../src/reference/value.js'

type Op = (x: Value, y: Value) => Value

/** backward's derivatives by x and y against central differences. */
function checkGrad(op: Op, atX: number, atY: number): void {
  const x = new Value(atX)
  const y = new Value(atY)
  op(x, y).backward()
  const h = 1e-5
  const f = (dx: number, dy: number) => op(new Value(atX + dx), new Value(atY + dy)).data
  const byX = (f(h, 0) - f(-h, 0)) / (2 * h)
  const byY = (f(0, h) - f(0, -h)) / (2 * h)
  expect(Math.abs(x.grad - byX)).toBeLessThan(1e-8 * (1 + Math.abs(byX)))
  expect(Math.abs(y.grad - byY)).toBeLessThan(1e-8 * (1 + Math.abs(byY)))
}

const cases: [string, Op, number, number][] = [
  ['add', (x, y) => x.add(y), 1.5, -0.7],
  ['add a number', (x) => x.add(2.5), 1.5, 0],
  ['mul', (x, y) => x.mul(y), 1.5, -0.7],
  ['mul by a number', (x) => x.mul(-3), 1.5, 0],
  ['pow 2', (x) => x.pow(2), -1.3, 0],
  ['pow -1', (x) => x.pow(-1), 0.8, 0],
  ['pow -0.5', (x) => x.pow(-0.5), 0.8, 0],
  ['log', (x) => x.log(), 0.6, 0],
  ['exp', (x) => x.exp(), -0.4, 0],
  ['tanh', (x) => x.tanh(), 0.7, 0],
  ['pow 3', (x) => x.pow(3), -1.3, 0],
  ['relu above 0', (x) => x.relu(), 0.3, 0],
  ['relu below 0', (x) => x.relu(), -0.3, 0],
  ['sum', (x, y) => sum([x, y, x.mul(y)]), 1.5, -0.7],
  ['a value used twice', (x) => x.mul(x).add(x), 1.7, 0],
  ['a value used on two ways', (x, y) => x.mul(y).exp().add(x.mul(x).log().mul(y)), 0.9, 0.4],
  ['a softmax', (x, y) => x.exp().mul(x.exp().add(y.exp()).pow(-1)), 0.2, 1.1],
]

test.each(cases)('derivative: %s', (_, op, x, y) => checkGrad(op, x, y))

test('relu has derivative 0 at 0, and no negative zero', () => {
  const x = new Value(0)
  const y = new Value(-0).relu().add(x.relu())
  y.backward()
  expect([x.grad, y.data]).toEqual([0, 0])
})

test('grad accumulates over calls of backward, and their walks do not disturb each other', () => {
  const x = new Value(3)
  x.mul(x).backward()
  x.mul(2).backward()
  expect(x.grad).toBe(8)
})

test('a chain of 200,000 operations does not overflow the stack', () => {
  const x = new Value(1)
  let y = x
  for (let i = 0; i < 200_000; i++) y = y.add(x)
  y.backward()
  expect([y.data, x.grad]).toEqual([200_001, 200_001])
})
