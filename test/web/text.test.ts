/** Numbers as the page writes them. */
import { expect, test } from 'vitest'
import { count } from '../../src/web/text.js'

test.each([0, 7, 999, 1000, 4064, 12_345, 999_999, 1_000_000, 1_234_567_890, -1234, 0.5, 1234.5])(
  'count(%f) is as toLocaleString has it',
  (n) => expect(count(n)).toBe(n.toLocaleString('en-US')),
)
