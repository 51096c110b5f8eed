/** What a file is, and the sentence about one that is too large. */
import { expect, test } from 'vitest'
import { isCheckpoint, tooLarge } from '../../src/web/files.js'

/** A file that begins with a length of 64 bits, as safetensors do. */
function withLength(length: number, rest: string, name = 'x.bin') {
  const start = new DataView(new ArrayBuffer(8))
  start.setBigUint64(0, BigInt(length), true)
  return new File([start, rest], name)
}

test.each<[string, File, boolean]>([
  ['a name that ends in .safetensors', new File(['anna'], 'a.safetensors'), true],
  ['the same in capitals', new File(['anna'], 'A.SAFETENSORS'), true],
  ['another name', new File(['anna\notto\nhannah'], 'a.safetensors.txt'), false],
  ['the length of its header, then JSON', withLength(4, '{ }  and numbers'), true],
  ['a header that ends the file', withLength(3, '{ }'), true],
  ['a header that is longer than the file', withLength(4, '{ }'), false],
  ['a length without JSON', withLength(4, 'anna and otto'), false],
  ['only a length', withLength(0, ''), false],
  ['no bytes', new File([], 'x'), false],
  ['JSON Lines', new File(['{"a": 1}\n{"a": 2}\n'], 'x.jsonl'), false],
])('%s: whether it is a checkpoint', async (_, file, is) => {
  expect(await isCheckpoint(file)).toBe(is)
})

test.each([
  [64 * 2 ** 20, 'the page takes texts of up to 64 MiB'],
  [2 ** 31, 'the page takes texts of up to 2,048 MiB'],
])('a limit of %i bytes in words', (most, text) => {
  expect(tooLarge('texts', most)).toBe(text)
})
