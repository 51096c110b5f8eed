/** The queue of a run's steps: a reader that is slow loses none, and unread ones do not pile up. */
import { expect, test } from 'vitest'
import { AsyncQueue } from '../../src/worker/async-queue.js'

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

test('a reader that has begun misses nothing, however far behind it is', async () => {
  const queue = new AsyncQueue<number>()
  queue.push(numbers(0, 10))
  const slow = queue[Symbol.asyncIterator]()
  expect((await slow.next()).value).toBe(0)
  for (let i = 10; i < 100_010; i += 10_000) queue.push(numbers(i, i + 10_000))
  queue.close()
  const rest: number[] = []
  for await (const x of slow) rest.push(x)
  expect(rest).toEqual(numbers(1, 100_010))
  const late: number[] = []
  for await (const x of queue) late.push(x)
  expect(late.at(-1)).toBe(100_009)
})
