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

const read = async (queue: AsyncIterable<number>, most = Infinity) => {
  const items: number[] = []
  for await (const x of queue) if (items.push(x) >= most) break
  return items
}

test.each([
  [16_384, 0],
  [32_767, 0],
  [32_768, 16_384],
  [40_000, 23_616],
])(
  'of %i items that no one has read, the first to be read late is item %i',
  async (count, first) => {
    const queue = new AsyncQueue<number>()
    queue.push(numbers(0, count))
    queue.close()
    expect(await read(queue)).toEqual(numbers(first, count))
  },
)

test('items that a reader has left behind are dropped when it goes', async () => {
  const queue = new AsyncQueue<number>()
  queue.push(numbers(0, 10))
  const reader = queue[Symbol.asyncIterator]()
  await reader.next()
  queue.push(numbers(10, 40_000))
  expect(await read(queue, 1)).toEqual([1])
  await reader.return()
  queue.push([40_000])
  expect(await read(queue, 2)).toEqual([23_617, 23_618])
})

test('readers that wait are woken by each push, and by the end', async () => {
  const queue = new AsyncQueue<number>()
  const [one, other] = [read(queue), read(queue)]
  for (const items of [[1], [], [2, 3]]) {
    queue.push(items)
    await Promise.resolve()
  }
  queue.close()
  expect([await one, await other, await read(queue)]).toEqual([
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 3],
  ])
})

test('what it is closed with is thrown after the last item', async () => {
  const queue = new AsyncQueue<number>()
  queue.push([1])
  queue.close(new Error('lost'))
  const reader = queue[Symbol.asyncIterator]()
  expect(await reader.next()).toEqual({ done: false, value: 1 })
  await expect(reader.next()).rejects.toThrow('lost')
})
