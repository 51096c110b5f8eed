/** Follows a parameter in the worker's run; earlier steps are repeated on a second model. */
import { expect, test } from 'vitest'
import { MicroGPT } from '../../src/index.js'
import type { PathColumns } from '../../src/web/lib/path-log.js'
import { Follower } from '../../src/web/worker/follower.js'

const docs = ['anna', 'bob', 'carla', 'dan', 'emma', 'finn', 'otto']
const create = (seed = 42) => MicroGPT.create({ docs, seed, config: { n_embd: 8 } })

/** A model with a follower, and a function that trains it. */
async function followed(again: (() => Promise<MicroGPT>) | null = create) {
  const gpt = await create()
  const follower = new Follower(gpt, again)
  const train = (steps: number) => {
    for (const { lr } of gpt.train({ steps })) follower.record(lr)
  }
  return { gpt, follower, train }
}

/** The numbers of a parameter over the steps of the same run; before it there is no gradient. */
async function pathOf(index: number, steps: number) {
  const gpt = await create()
  const path = { value: [gpt.params[index]!], gradient: [NaN], rate: [NaN] }
  for (const { lr } of gpt.train({ steps })) {
    path.value.push(gpt.params[index]!)
    path.gradient.push(
      Array.from(gpt.stateDict.values(), ({ grad }) => Array.from(grad)).flat()[index]!,
    )
    path.rate.push(lr)
  }
  return path
}

/** The same of what a follower returns. */
const numbersOf = (columns: PathColumns | null) => {
  const { value, gradient, rate } = columns!
  return { value: [...value], gradient: [...gradient], rate: [...rate] }
}

test('from the start it records each step', async () => {
  const { follower, train } = await followed(null)
  await follower.follow(33, 0)
  train(20)
  const path = (await follower.follow(33, 0))!
  expect(numbersOf(path)).toEqual(await pathOf(33, 20))
  expect(Array.from(path.step)).toEqual(Array.from({ length: 21 }, (_, i) => i))
})

test('another parameter in the middle of a run has the same path, with what came meanwhile', async () => {
  let release = () => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  const { follower, train } = await followed(() => gate.then(() => create()))
  await follower.follow(3, 0)
  train(15)
  const asked = follower.follow(40, 0)
  expect(await follower.follow(40, 0)).toBeNull()
  train(6)
  release()
  const path = (await asked)!
  expect(numbersOf(path)).toEqual(await pathOf(40, 21))
  train(4)
  expect(numbersOf(await follower.follow(40, 0))).toEqual(await pathOf(40, 25))
  expect(path.m.every((m) => !Number.isNaN(m))).toBe(true)
})

test('the newest choice counts', async () => {
  const { follower, train } = await followed()
  train(15)
  const [first, second] = await Promise.all([follower.follow(40, 0), follower.follow(41, 0)])
  expect(first).toBeNull()
  expect(numbersOf(second)).toEqual(await pathOf(41, 15))
})

test.each([
  ['took long', create, 1e5],
  ['cannot be repeated', null, 0],
  ['began with other numbers', () => create(7), 0],
  ['fails when it is repeated', () => Promise.reject(new Error('no memory')), 0],
] as const)('a run that %s is followed from now on', async (_, again, ms) => {
  const { follower, train } = await followed(again)
  train(10)
  expect(Array.from((await follower.follow(5, ms))!.step)).toEqual([10])
  train(3)
  const path = (await follower.follow(5, ms))!
  expect(Array.from(path.step)).toEqual([10, 11, 12, 13])
  const { value, gradient } = await pathOf(5, 13)
  expect(Array.from(path.value)).toEqual(value.slice(10))
  expect(Array.from(path.gradient)).toEqual([NaN, ...gradient.slice(11)])
  expect(path.m.every(Number.isNaN)).toBe(true)
})

test.each([-1, 0.5, 1e9, NaN])('there is no parameter %d', async (index) => {
  const { follower } = await followed()
  expect(await follower.follow(index, 0)).toBeNull()
})
