/** The scaling section: what is checked, made, planned and printed. */
import { decodeUtf8, parseDocs } from '../../src/data/text.js'
import { loadCore } from '../../src/engine/core.js'
import { describe, expect, test } from 'vitest'
import { checkLoss, checkLosses } from '../../src/bench/equal.js'
import type { Scaling } from '../../src/bench/scaling/index.js'
import { ratio } from '../../src/bench/scaling/index.js'
import { bound, bytesOf, sizesUpTo } from '../../src/bench/scaling/plan.js'
import { scalingTables } from '../../src/bench/scaling/table.js'
import { threadCounts } from '../../src/bench/scaling/threads.js'
import { blockDocuments, namesText } from '../../src/bench/texts.js'

describe('losses are compared before anything is timed', () => {
  test.each([
    [
      'too far',
      2.5,
      2.5 + 1e-9,
      1e-11,
      /the loss is 2\.5, expected 2\.500000001, within 1e-11; no/,
    ],
    ['not a number', NaN, 2.5, 1e-11, /the loss is NaN/],
    ['not the same bits', 2.5, 2.5 + 5e-16, 0, /expected 2\.5000000000000004, the same/],
  ])('%s', (_, got, want, tolerance, message) => {
    expect(() => checkLoss('it', got, want, tolerance)).toThrow(message)
  })

  test('near enough: the largest difference', () => {
    expect(checkLosses('it', [1, 2.25], [1.5, 2], 0.5)).toBe(0.5)
  })

  test('a step too few, or none', () => {
    expect(() => checkLosses('it', [1], [1, 2], 0)).toThrow('it: 1 losses, expected 2')
    expect(() => checkLosses('it', [], [], 0)).toThrow('it: 0 losses')
    expect(() => checkLosses('it', [1, 2], [1, 3], 0)).toThrow('it, step 2: the loss is 2')
  })
})

describe('documents made on the spot', () => {
  const docs = parseDocs(decodeUtf8(namesText(1000)))

  test('names: as many as asked for, of 3 to 8 letters, all 26 of them', () => {
    expect(docs).toHaveLength(1000)
    expect(docs.filter((doc) => !/^[a-z]{3,8}$/.test(doc))).toEqual([])
    expect(new Set(docs.join('')).size).toBe(26)
  })

  test('the same again from one seed, others from another, a longer list begins with a shorter', () => {
    expect(namesText(1000)).toEqual(namesText(1000))
    expect(namesText(1000, 2)).not.toEqual(namesText(1000))
    expect(parseDocs(decodeUtf8(namesText(10)))).toEqual(docs.slice(0, 10))
  })

  test('texts of 64 characters that fill a block', () => {
    const texts = blockDocuments(100)
    expect(texts.map((text) => text.length)).toEqual(Array(64).fill(100))
    expect(new Set(texts.join('')).size).toBe(64)
  })
})

describe('the largest model that fits', async () => {
  const core = await loadCore()
  test.each([2 ** 25, 2 ** 28, 2 ** 32])('in %d bytes', (bytes) => {
    const sizes = sizesUpTo(core, bytes)
    const largest = sizes.at(-1)!
    expect(sizes[0]).toBe(16)
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
    const margin = 2 ** 24
    expect(bytesOf(core, largest)).toBeLessThanOrEqual(bytes - margin)
    expect(bytesOf(core, largest + 16)).toBeGreaterThan(bytes - margin)
  })

  test('what bounds it is said', () => {
    expect(bound(2 ** 36)).toEqual({ bytes: 2 ** 32, by: "WebAssembly's 4 GiB" })
    expect(bound(2 ** 30).by).toBe('80 % of the 1.0 GiB of memory that is free')
  })
})

test('threads: one by one to 8, then doubled, to all that there are', () => {
  expect(threadCounts(1)).toEqual([1])
  expect(threadCounts(6)).toEqual([1, 2, 3, 4, 5, 6])
  expect(threadCounts(40)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 40])
})

describe('its tables', () => {
  const scaling: Scaling = {
    batches: {
      rows: [{ batch: 2, usPerDocument: 12.34, usPerThousand: 1850, lossDifference: 2e-16 }],
      scalarDifference: 3e-15,
    },
    documents: [
      {
        ...{ documents: 1000, textBytes: 6448, ms: 20, peakBytes: 5e7, memoryBytes: 2 ** 20 },
        lossDifference: 1e-16,
      },
    ],
    parameters: {
      bound: 'a thimble',
      rows: [
        {
          ...{ n_embd: 16, numParams: 4064, bytes: 2 ** 20, msPerStep: 0.1 },
          ...{ nsPerPosition: 0.7, nsAdam: 1.5, lossDifference: 4e-16 },
        },
      ],
      spread: { nsPerPosition: ratio([0.7, 1.4]), nsAdam: 3 },
    },
    threads: {
      small: {
        supported: true,
        rows: [
          { threads: 1, msPerStep: 20 },
          { threads: 2, msPerStep: 10 },
        ],
      },
    },
  }
  const text = scalingTables(scaling, 'an abacus', true).join('\n')

  test.each([
    '| 2     |            12.3 |                  1,850 |',
    '| 1,000     | 6.3 KiB |         20.0 |            20.0 | 1.0 MiB |',
    '| 4,064      |     16 | 1.0 MiB |       0.100 |             24.6 |                             0.700 | 1.50 |',
    'the largest that fits a thimble. Largest time per parameter over smallest:',
    '| small (64, 4, 2, 32) |       2 |        10.0 |    2.00 |',
    'within 2.0e-16, and a batch of 1 equals scalar autograd within 3.0e-15',
    'the losses on several threads equal those on one thread, bit for bit',
  ])('%s', (line) => {
    expect(text).toContain(line)
  })

  test('the machine stands above them', () => {
    expect(text.split('\n')[1]).toBe('an abacus')
  })

  test('without threads it says so', () => {
    const small = { supported: false, rows: [{ threads: 1, msPerStep: 20 }] }
    const lines = scalingTables({ ...scaling, threads: { small } }, 'an abacus', false)
    expect(lines.join('\n')).toContain('one thread only: MicroGPT.create of this build has no')
  })
})
