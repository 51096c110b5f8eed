/** What the debug build asserts, and what the release build does instead. */
import { describe, expect, test } from 'vitest'
import { arenaOn } from '../helpers/cores.js'

const plan = { params: 8, values: 64, scratch: 16, records: 2 }
const debug = async () => {
  const arena = await arenaOn('debug', plan)
  return { arena, core: arena.core, x: arena.alloc([2, 4]).address }
}

describe('debug build', () => {
  test('reserve twice', async () => {
    const { core } = await debug()
    expect(() => core.reserve(1, 1, 1, 1)).toThrow('reserved already')
  })

  test('a tensor outside the arena', async () => {
    const { core, x } = await debug()
    expect(() => core.relu(x, 1000)).toThrow('outside the arena')
    expect(() => core.relu(8, 4)).toThrow('outside the arena')
    expect(() => core.add(x, 0, 4)).toThrow('outside the arena')
    expect(() => core.linear(x, x + 1e6, 2, 2, 2)).toThrow('outside the arena')
    expect(() => core.zeroGrad(x, 1e6)).toThrow('outside the arena')
  })

  test('a shape without numbers', async () => {
    const { core, x } = await debug()
    expect(() => core.relu(x, 0)).toThrow('must be positive')
    expect(() => core.linear(x, x, 2, 0, 2)).toThrow('must be positive')
    expect(() => core.softmax(x, -1, 4)).toThrow('must be positive')
  })

  test('too little scratch', async () => {
    const { core, x } = await debug()
    expect(() => core.linear(x, x, 2, 4, 5)).toThrow('not enough scratch')
  })

  test('a full tape', async () => {
    const { core, x } = await debug()
    core.relu(x, 1)
    core.relu(x, 1)
    expect(() => core.relu(x, 1)).toThrow('the tape is full')
  })

  test('rows that are not on the tape', async () => {
    const { core, x } = await debug()
    expect(() => core.forward(0, 1)).toThrow('not on the tape')
    expect(() => core.backward(0, 1, x, 1, 1)).toThrow('not on the tape')
    expect(() => core.truncate(1)).toThrow('shorter')
  })

  test('a mark of another arena', async () => {
    const { core } = await debug()
    expect(() => core.release(1e9)).toThrow('not a mark')
  })
})

describe('release build', () => {
  test('records nothing on a full tape', async () => {
    const { core, alloc } = await release()
    const x = alloc(4)
    expect([core.relu(x, 4), core.relu(x, 4), core.relu(x, 4)].map((y) => y > 0)).toEqual([
      true,
      true,
      false,
    ])
    expect(core.tapeLength()).toBe(2)
  })

  test('records nothing when the values are full', async () => {
    const { core, alloc } = await release()
    const x = alloc(40)
    expect(core.relu(x, 40)).toBe(0)
    expect(core.tapeLength()).toBe(0)
  })

  test('traps on an id that the table does not have', async () => {
    const { core, alloc, arena } = await release()
    const table = alloc(4)
    const ids = alloc(1)
    core.embedding(table, ids, 1, 2, 2)
    new Int32Array(arena.core.memory.buffer, ids, 1)[0] = 2
    expect(() => core.forward(0, 1)).toThrow(WebAssembly.RuntimeError)
  })
})

async function release() {
  const arena = await arenaOn('release', plan)
  return { arena, core: arena.core, alloc: (count: number) => arena.alloc([count]).address }
}
