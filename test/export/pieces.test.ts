/** What exports are made of: the bytes of a message, and the text of data.txt. */
import { describe, expect, test } from 'vitest'
import { DatasetError } from '../../src/index.js'
import { dataText } from '../../src/export/data-text.js'
import { Message } from '../../src/export/protobuf.js'

const hex = (message: Message) => Buffer.from(message.finish()).toString('hex')

// From the examples of protobuf.dev/programming-guides/encoding, and by its rules.
test.each<[string, Message, string]>([
  ['an integer', new Message().int(1, 150), '089601'],
  ['a text', new Message().text(2, 'testing'), '120774657374696e67'],
  ['a message', new Message().message(3, new Message().int(1, 150)), '1a03089601'],
  ['zero', new Message().int(1, 0), '0800'],
  ['seven bits', new Message().int(1, 127), '087f'],
  ['eight bits', new Message().int(1, 128), '088001'],
  ['two bytes', new Message().int(1, 16383), '08ff7f'],
  ['three bytes', new Message().int(1, 16384), '08808001'],
  ['a field of two bytes', new Message().int(16, 1), '800101'],
  ['-1', new Message().int(8, -1), '40ffffffffffffffffff01'],
  ['2^53 - 1', new Message().int(1, 2 ** 53 - 1), '08ffffffffffffff0f'],
  ['nothing', new Message(), ''],
  ['bytes, none of them', new Message().bytes(9, new Uint8Array()), '4a00'],
  ['fields of another', new Message().int(1, 1).append(new Message().int(2, 2)), '08011002'],
])('%s', (_, message, bytes) => {
  expect(hex(message)).toBe(bytes)
  expect(message.length).toBe(bytes.length / 2)
})

describe('data.txt', () => {
  test.each<[Parameters<typeof dataText>[0], string]>([
    [{ docs: ['a b', 'c'] }, 'a b\nc\n'],
    [{ docs: ['😀'] }, '😀\n'],
    [{ docs: ['\ufeffa'] }, '\ufeff\ufeffa\n'],
    [{ docs: ['a', '\ufeffb'] }, 'a\n\ufeffb\n'],
    [{ text: ' a\n\nb ' }, ' a\n\nb '],
    [{ text: '\ufeffa' }, '\ufeff\ufeffa'],
    [{ text: '' }, ''],
    [{}, ''],
  ])('%j', (data, text) => expect(dataText(data)).toBe(text))

  test.each<[Parameters<typeof dataText>[0], string]>([
    [{ docs: ['a\nb'] }, 'a document "a\\nb" has line ends; make it one line'],
    [{ docs: ['a\rb'] }, 'a document "a\\rb" has line ends; make it one line'],
    [{ docs: ['a '] }, 'a document "a " begins or ends with spaces; strip it'],
    [{ docs: ['\x1fa'] }, 'begins or ends with spaces; strip it'],
    [{ docs: ['a', ''] }, 'a document is empty; leave it out'],
    [{ docs: ['\ud83d'] }, 'a character of "\\ud83d" is half of a surrogate pair; replace it'],
    [{ text: 'a\ude00' }, 'a character of "a\\ude00" is half of a surrogate pair; replace it'],
    [{ text: 'a\r\n' }, 'a text has carriage returns; end its lines with \\n'],
  ])('%j is refused: %s', (data, message) => {
    expect(() => dataText(data)).toThrow(DatasetError)
    expect(() => dataText(data)).toThrow(`the data cannot be written to a text file`)
    expect(() => dataText(data)).toThrow(message)
  })
})
